import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../src/http/adapters/listen.ts';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import { type DurableEndpoint, durableEndpoint } from './durable-endpoint.ts';

// The official clients over real sockets, with their stream open all along.

const INFO = { name: 'tester', version: '1.0.0' };
const OPTIONS = { capabilities: { elicitation: {} } };
const ACCEPT = { action: 'accept' as const, content: {} };

interface Connected {
  call(name: string): Promise<string>;
  close(): Promise<void>;
  readonly id: string;
}

type Connect = (url: URL, onChanged: () => void) => Promise<Connected>;

const connectV1: Connect = async (url, onChanged) => {
  const client = new ClientV1(INFO, OPTIONS);
  client.setRequestHandler(ElicitRequestSchema, () => ACCEPT);
  client.setNotificationHandler(ToolListChangedNotificationSchema, onChanged);
  const transport = new TransportV1(url);
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(transport as Parameters<ClientV1['connect']>[0]);
  return {
    call: async (name) => JSON.stringify(await client.callTool({ name, arguments: {} })),
    close: () => client.close(),
    id: transport.sessionId ?? '',
  };
};

const connectV2: Connect = async (url, onChanged) => {
  const client = new Client(INFO, OPTIONS);
  client.setRequestHandler('elicitation/create', () => ACCEPT);
  client.setNotificationHandler('notifications/tools/list_changed', onChanged);
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport);
  return {
    call: async (name) => JSON.stringify(await client.callTool({ name, arguments: {} })),
    close: () => client.close(),
    id: transport.sessionId ?? '',
  };
};

const createServer = (): McpServer => {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async ({ mcpReq }) => {
    const { action } = await mcpReq.elicitInput({
      message: 'Sure?',
      requestedSchema: { type: 'object', properties: {} },
    });
    return { content: [{ type: 'text', text: action }] };
  });
  server.registerTool('cut', {}, async ({ http }) => {
    http?.closeSSE?.();
    await new Promise((resolve) => setImmediate(resolve));
    return { content: [{ type: 'text', text: 'after the cut' }] };
  });
  return server;
};

const served = async (under: DurableEndpoint) => {
  const verbs: string[] = [];
  const listening = await listen({
    port: 0,
    handle: toNodeHandler({
      fetch: (request, context) => {
        verbs.push(request.method);
        return under.endpoint.fetch(request, context);
      },
    }),
  });
  onTestFinished(() => listening.close());
  const gets = (): number => verbs.filter((verb) => verb === 'GET').length;
  return { url: new URL(`${listening.url}/mcp`), gets };
};

test.each([
  ['v1', connectV1],
  ['v2', connectV2],
])(
  'client %s: called, put away with its stream open, woken, told, asked, called again, closed',
  async (_, connect) => {
    const under = durableEndpoint({ server: createServer, answers: 'auto' });
    const { url, gets } = await served(under);
    let changed = 0;
    const client = await connect(url, () => {
      changed += 1;
    });
    const { id } = client;
    await expect.poll(() => under.endpoint.streams).toBe(1);
    expect(await client.call('ask')).toContain('accept');

    await under.rest(id);
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 1 });
    await (await under.runtime.get(id)).touch();
    await expect.poll(() => under.made.length).toBe(2);
    await under.bench.settle();
    await under.made[1]?.server.sendToolListChanged();
    await expect.poll(() => changed).toBe(1);

    await under.rest(id);
    expect(await client.call('ask')).toContain('accept');
    expect(under.made).toHaveLength(3);
    // It has had one stream all along.
    expect(gets()).toBe(1);
    await client.close();
    await expect.poll(() => under.endpoint.streams).toBe(0);
    expect((await under.runtime.get(id)).info().presences).toBe(0);
  },
);

test.each([
  ['v1', connectV1],
  ['v2', connectV2],
])('client %s comes again for an answer whose connection a tool has closed', async (_, connect) => {
  const under = durableEndpoint({ server: createServer, answers: 'auto' });
  const { url } = await served(under);
  const client = await connect(url, () => undefined);
  await expect.poll(() => under.endpoint.streams).toBe(1);
  expect(await client.call('cut')).toContain('after the cut');
  // Its stream is what it was before.
  expect(under.endpoint.streams).toBe(1);
  await client.close();
});
