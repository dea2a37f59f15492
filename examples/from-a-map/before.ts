// A server with sessions the way the SDK's own guide shows it: a map of transports, by session id. after.ts beside it is
// the same server on Holdfast.
//
//   npm run from-a-map:before
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import express, { type Request, type Response } from 'express';

const createServer = (): McpServer => {
  const server = new McpServer({ name: 'counter', version: '1.0.0' });
  let count = 0;
  server.registerTool('count', { description: 'Counts the calls in this session.' }, async () => {
    count += 1;
    return { content: [{ type: 'text', text: `${count}` }] };
  });
  return server;
};

const transports = new Map<string, StreamableHTTPServerTransport>();

const app = express();
app.use(express.json());

app.post('/mcp', async (req, res) => {
  const id = req.header('mcp-session-id');
  const known = id === undefined ? undefined : transports.get(id);
  if (known !== undefined) return known.handleRequest(req, res, req.body);
  if (id !== undefined || !isInitializeRequest(req.body)) {
    const error = { code: -32000, message: 'Bad Request: No valid session ID provided' };
    return void res.status(400).json({ jsonrpc: '2.0', error, id: null });
  }
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (opened) => void transports.set(opened, transport),
  });
  transport.onclose = () => {
    if (transport.sessionId !== undefined) transports.delete(transport.sessionId);
  };
  // Its own types are not made for `exactOptionalPropertyTypes`.
  await createServer().connect(transport as Transport);
  await transport.handleRequest(req, res, req.body);
});

const onSession = async (req: Request, res: Response): Promise<void> => {
  const transport = transports.get(req.header('mcp-session-id') ?? '');
  if (transport === undefined) return void res.status(400).send('Invalid or missing session ID');
  await transport.handleRequest(req, res);
};
app.get('/mcp', onSession);
app.delete('/mcp', onSession);

const http = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`MCP on http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});
