import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A client that is a bare socket: it sends what no well-behaved one would, and sees every byte. */
export interface RawClient {
  readonly socket: Socket;
  send(...lines: readonly string[]): void;
  /** Everything that has come so far, bytes as characters. */
  text(): string;
  /** Resolves with everything, once it holds this. */
  until(what: string | RegExp): Promise<string>;
  /** Resolves with everything, once the server has closed the connection. */
  closed(): Promise<string>;
}

/** Connects to a server on this machine. The socket is gone with the test. */
export const rawClient = async (port: number): Promise<RawClient> => {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const pieces: string[] = [];
  let heard: (() => void) | null = null;
  socket.on('data', (chunk: string) => {
    pieces.push(chunk);
    heard?.();
  });
  socket.on('close', () => heard?.());
  const all = (): string => pieces.join('');
  await once(socket, 'connect');
  return {
    socket,
    send: (...lines) => void socket.write(lines.join('\r\n')),
    text: all,
    until: async (what) => {
      // Only what is new is searched, and the piece before it: a long text searched whole for each piece takes minutes.
      let from = 0;
      const holds = (): boolean => {
        const fresh = pieces.slice(Math.max(0, from - 1)).join('');
        from = pieces.length;
        return typeof what === 'string' ? fresh.includes(what) : what.test(all());
      };
      while (!holds()) {
        if (socket.destroyed) throw new Error(`Closed before ${what}: ${all().slice(0, 2_000)}`);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
      return all();
    },
    closed: async () => {
      if (!socket.destroyed) await once(socket, 'close');
      return all();
    },
  };
};
