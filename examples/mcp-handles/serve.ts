import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from 'holdfast/adapters';
import { createMcpEndpoint } from 'holdfast/mcp';
import type { Shop } from './shop.ts';

/** A shop that is served. */
export interface Serving {
  readonly url: string;
  close(): Promise<void>;
}

/** Who may come in, by the token they bring. A server of your own asks whoever issued it. */
const PRINCIPALS = new Map([
  ['Bearer token-of-ada', 'ada'],
  ['Bearer token-of-grace', 'grace'],
]);

/** Serves a shop on this machine, to clients with sessions and without. */
export const serveShop = async (shop: Shop, port: number): Promise<Serving> => {
  const endpoint = createMcpEndpoint({
    runtime: shop.runtime,
    server: shop.createServer,
    authenticate: ({ headers }) =>
      PRINCIPALS.get(headers.get('authorization') ?? '') ??
      new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } }),
  });
  const server = createServer(toNodeHandler(endpoint));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await endpoint.close();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };
  return { url: `http://127.0.0.1:${taken}/mcp`, close };
};
