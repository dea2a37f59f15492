import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { McpServerContext } from '../../../src/mcp/server-factory.ts';
import { serveMcpStdio } from '../../../src/mcp/stdio/serve-mcp-stdio.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { createServer, type Held } from './stdio-under-test.ts';

const INFO = { name: 'tester', version: '1.0.0' };
const MODERN = { pin: '2026-07-28' } as const;

/** A real client and a server of this process, over a pair of pipes. */
const connected = async (mode: 'legacy' | 'auto' | typeof MODERN) => {
  const runtime = createRuntime();
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const contexts: McpServerContext[] = [];
  const held: Held[] = [];
  const stdio = serveMcpStdio({
    ...{ runtime, stdin, stdout },
    server: (context) => {
      contexts.push(context);
      return createServer(context, held);
    },
  });
  const client = new Client(INFO, { versionNegotiation: { mode } });
  // It reads and writes lines: either end of a pair of pipes.
  await client.connect(new StdioServerTransport(stdout, stdin));
  onTestFinished(async () => {
    await client.close();
    await stdio.close();
    await runtime.close();
  });
  return { runtime, stdin, stdio, contexts, held, client };
};

test.each([
  ['legacy', 'legacy', 'legacy'],
  ['auto', 'auto', 'modern'],
  ['pinned', MODERN, 'modern'],
] as const)('the official client 2.x, %s', async (_, mode, era) => {
  const { client, contexts, stdio, runtime, stdin } = await connected(mode);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['echo', 'whoami', 'mine', 'hold']);
  const { content } = await client.callTool({ name: 'whoami' });
  const id = stdio.session?.id;
  expect(content).toEqual([{ type: 'text', text: era === 'legacy' ? id : 'nobody' }]);
  const mine = await client.callTool({ name: 'mine' });
  expect(mine).toMatchObject(
    era === 'legacy'
      ? { content: [{ text: id }] }
      : { isError: true, content: [{ text: expect.stringContaining('createHandles') }] },
  );
  expect(contexts.at(-1)).toMatchObject({ era, session: era === 'legacy' ? { id } : null });
  expect(stdio.session?.info().client).toMatchObject(INFO);
  expect(runtime.stats()).toMatchObject({ created: 1, operations: { inFlight: 0 } });
  stdin.end();
  await stdio.closed;
  expect(runtime.stats().ended).toEqual({ client: 1 });
});

test.each([
  ['2025', 'legacy'],
  ['2026', MODERN],
] as const)(
  'what a client of %s cancels gets its signal, and is no operation any more',
  async (_, mode) => {
    const { client, held, stdio } = await connected(mode);
    const cancel = new AbortController();
    const calling = client.callTool({ name: 'hold' }, { signal: cancel.signal });
    calling.catch(() => {});
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(stdio.session?.operations()).toHaveLength(1);
    cancel.abort('enough');
    await expect(calling).rejects.toThrow('enough');
    await vi.waitFor(() => expect(held[0]?.signal.aborted).toBe(true));
    await vi.waitFor(() => expect(stdio.session?.operations()).toEqual([]));
  },
);

test('a standing subscription of 2026 is no operation: the session may become quiet', async () => {
  const { client, stdio } = await connected(MODERN);
  const subscription = await client.listen({ toolsListChanged: true });
  expect(stdio.session?.operations()).toEqual([]);
  await subscription.close();
  expect(await client.callTool({ name: 'whoami' })).toHaveProperty('content');
});

/** The program of these tests, in a process of its own. */
const PROGRAM = {
  command: process.execPath,
  args: [join(import.meta.dirname, 'stdio-process.mjs')],
};
const CHILDREN = [
  [
    '1.x',
    async () => {
      const client = new ClientV1(INFO);
      const transport = new TransportV1(PROGRAM);
      await client.connect(transport);
      return { client, transport };
    },
  ],
  [
    '2.x',
    async () => {
      const client = new Client(INFO);
      const transport = new StdioClientTransport(PROGRAM);
      await client.connect(transport);
      return { client, transport };
    },
  ],
  [
    '2.x, pinned',
    async () => {
      const client = new Client(INFO, { versionNegotiation: { mode: MODERN } });
      const transport = new StdioClientTransport(PROGRAM);
      await client.connect(transport);
      return { client, transport };
    },
  ],
] as const;

test.each(CHILDREN)(
  'a process of its own, started by the official client %s, ends with it',
  async (_, connect) => {
    const { client, transport } = await connect();
    const { pid } = transport;
    const { content } = await client.callTool({ name: 'add', arguments: { a: 20, b: 22 } });
    expect(content).toEqual([{ type: 'text', text: '42' }]);
    await client.close();
    await vi.waitFor(() => expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH'));
  },
);
