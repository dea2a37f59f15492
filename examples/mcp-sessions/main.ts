// An MCP server for clients of both eras, whose sessions are kept in a folder.
//
//   npm run sessions
//
// Add something with any client, stop the server (Ctrl-C, or kill -9), start it again: the client goes on where it was.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRuntime } from 'holdfast';
import { toNodeHandler } from 'holdfast/adapters';
import { createMcpEndpoint } from 'holdfast/mcp';
import { openSqliteStore } from 'holdfast/store/sqlite';
import { KEPT, shoppingListServers } from './server.ts';

const store = await openSqliteStore({ folder: process.env['DATA'] ?? '.shopping-lists' });
const runtime = createRuntime({ store, data: KEPT });
runtime.subscribe((event) => {
  if (event.type === 'session.ended') console.log(`${event.id} has ended: ${event.reason}`);
});
const endpoint = createMcpEndpoint({
  runtime,
  server: shoppingListServers(runtime),
  onError: (error) => console.error(error),
});

const http = createServer(toNodeHandler(endpoint));
http.listen(Number(process.env['PORT'] ?? 4200), '127.0.0.1', () => {
  console.log(`MCP on http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});

const stop = async (): Promise<void> => {
  const { hibernated } = await runtime.drain(); // calls in flight have 15 s to answer; new ones get 503
  await endpoint.close();
  http.close();
  console.log(`Put away until the next start: ${hibernated}`);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
