import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../time/system-clock.ts';

const GRACE_MS = 500;

/** How a node:http server is started. */
export interface ListenOptions {
  /** Interface to listen on; default 127.0.0.1, which other machines cannot reach. */
  readonly host?: string;
  /** 0 to 65535; 0 picks a free one. */
  readonly port: number;
  /** Answers one request. What it rejects with destroys the connection. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** A listening server. */
export interface Listening {
  readonly host: string;
  /** The port it got. */
  readonly port: number;
  /** `http://host:port`, without a slash at its end. */
  readonly url: string;
  /**
   * Stops listening. Answers that are being written have half a second, then every connection is cut.
   * Resolves when the port is free. Twice is once.
   */
  close(): Promise<void>;
}

/** Starts a node:http server. Rejects with what the system says, for example `EADDRINUSE`. */
export const listen = async (options: ListenOptions): Promise<Listening> => {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    options.handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const { port, family, address } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    host,
    port,
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () => {
      closing ??= new Promise((resolve) => {
        const cut = systemClock().scheduler.schedule(() => server.closeAllConnections(), GRACE_MS);
        server.close(() => {
          cut.unsubscribe();
          resolve();
        });
      });
      return closing;
    },
  };
};
