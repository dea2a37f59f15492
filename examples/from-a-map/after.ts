// The server of before.ts on Holdfast: the map is gone, and what was in the closure is in the session. Its sessions outlive
// the process, and end when their clients are gone.
//
//   npm run from-a-map
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { createRuntime } from 'holdfast';
import { toExpressHandler } from 'holdfast/adapters';
import { createMcpSessions, type SessionContext } from 'holdfast/mcp/sessions';
import { openSqliteStore } from 'holdfast/store/sqlite';

const createServer = ({ session }: SessionContext): McpServer => {
  const server = new McpServer({ name: 'counter', version: '1.0.0' });
  server.registerTool('count', { description: 'Counts the calls in this session.' }, async () => {
    const count = await session.update((data) => (typeof data === 'number' ? data + 1 : 1));
    return { content: [{ type: 'text', text: `${count}` }] };
  });
  return server;
};

const store = await openSqliteStore({ folder: process.env['DATA'] ?? '.counter' });
// Nobody comes back after half an hour of silence.
const idleTimeoutMs = Number(process.env['IDLE_TIMEOUT_MS'] ?? 30 * 60_000);
const runtime = createRuntime({ store, deadlines: { idleTimeoutMs } });
const sessions = createMcpSessions({ runtime, server: createServer });

const app = express();
app.all('/mcp', toExpressHandler(sessions));

const http = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`MCP on http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});
process.once('SIGTERM', async () => {
  await runtime.drain(); // calls in flight have 15 s to answer; new ones get 503
  await sessions.close();
  http.close();
});
