// A server over stdio as its users write it, against the built package.
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'holdfast';
import { serveMcpStdio } from 'holdfast/mcp';
import { z } from 'zod';

const NUMBERS = z.object({ a: z.number(), b: z.number() });
const runtime = createRuntime();
const stdio = serveMcpStdio({
  runtime,
  server: () => {
    const server = new McpServer({ name: 'adder', version: '1.0.0' });
    server.registerTool('add', { inputSchema: NUMBERS }, ({ a, b }) => ({
      content: [{ type: 'text', text: String(a + b) }],
    }));
    return server;
  },
});
process.once('SIGTERM', async () => {
  await runtime.drain();
  await stdio.close();
});
await stdio.closed;
await runtime.drain();
