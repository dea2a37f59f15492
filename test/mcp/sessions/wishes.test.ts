import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { Wishes } from '../../../src/mcp/sessions/wishes.ts';
import { durableEndpoint } from './durable-endpoint.ts';
import { call, messagesOf } from './endpoint-under-test.ts';

// What a client has set in its server is set again in the next one.

const setLevel = (level: string) => ({
  jsonrpc: '2.0',
  id: 'level',
  method: 'logging/setLevel',
  params: { level },
});
const about = (method: 'subscribe' | 'unsubscribe', uri: string) => ({
  jsonrpc: '2.0',
  id: uri,
  method: `resources/${method}`,
  params: { uri },
});

/** A server that logs, and notes what was subscribed to, by server. */
const noting = () => {
  const servers: string[][] = [];
  const server = (): McpServer => {
    const subscribed: string[] = [];
    servers.push(subscribed);
    const made = new McpServer(
      { name: 'noting', version: '1.0.0' },
      { capabilities: { logging: {}, resources: { subscribe: true } } },
    );
    made.server.setRequestHandler('resources/subscribe', ({ params }) => {
      if (params.uri.includes('forbidden')) throw new Error('no');
      subscribed.push(params.uri);
      return {};
    });
    made.server.setRequestHandler('resources/unsubscribe', () => ({}));
    made.registerTool('log', {}, async ({ mcpReq }) => {
      await mcpReq.log('info', 'heard');
      await mcpReq.log('error', 'heard too');
      return { content: [] };
    });
    return made;
  };
  return { servers, server };
};

test.each(['rest', 'crash', 'restart'] as const)(
  'after a %s the log level and the subscriptions are as the client set them',
  async (how) => {
    const { server, servers } = noting();
    const under = durableEndpoint({ server });
    const id = await under.open();
    await messagesOf(await under.post(setLevel('error'), id));
    for (const uri of ['a:1', 'a:2', 'forbidden:3']) {
      await messagesOf(await under.post(about('subscribe', uri), id));
    }
    await messagesOf(await under.post(about('unsubscribe', 'a:1'), id));
    if (how === 'crash') under.crash();
    else if (how === 'restart') await under.restart();
    else await under.rest(id);
    const told = await messagesOf(await under.post(call(1, 'log'), id));
    expect(told).toMatchObject([{ params: { data: 'heard too' } }, { id: 1 }]);
    expect(servers).toEqual([['a:1', 'a:2'], ['a:2']]);
  },
);

test('two endpoints over one runtime keep what each was told, and neither takes it from the other', async () => {
  const { server, servers } = noting();
  const under = durableEndpoint({ server });
  const id = await under.open();
  await messagesOf(await under.post(about('subscribe', 'a:1'), id));
  const first = under.endpoint;
  const other = createMcpSessions({ runtime: under.runtime, clock: under.bench.clock, server });
  under.endpoint = other;
  await messagesOf(await under.post(setLevel('error'), id));
  under.endpoint = first;
  await messagesOf(await under.post(about('subscribe', 'a:2'), id));
  under.endpoint = other;
  await messagesOf(await under.post(about('unsubscribe', 'a:1'), id));
  await messagesOf(await under.post(about('subscribe', 'a:3'), id));
  const expected = { level: 'error', subscriptions: ['a:2', 'a:3'] };
  const notes = (await under.runtime.get(id)).frontEnd('mcp');
  expect(notes.value).toEqual(expected);
  // Whichever of them is asked what is to be kept.
  await under.rest(id);
  expect(notes.value).toMatchObject(expected);
  servers.length = 0;
  const told = await messagesOf(await under.post(call(1, 'log'), id));
  expect(told).toMatchObject([{ params: { data: 'heard too' } }, { id: 1 }]);
  expect(servers).toEqual([['a:2', 'a:3']]);
  under.endpoint = first;
  await other.close();
});

test('a wish that is granted leaves what is kept of the streams', async () => {
  const { server } = noting();
  const under = durableEndpoint({ server, answers: 'stream' });
  const id = await under.open();
  await messagesOf(await under.post(call(1, 'log'), id));
  await under.rest(id);
  const notes = (await under.runtime.get(id)).frontEnd('mcp');
  const { streams } = notes.value as { streams?: unknown };
  expect(streams).toBeDefined();
  await messagesOf(await under.post(setLevel('error'), id));
  expect(notes.value).toEqual({ level: 'error', streams });
});

test('a client is told that it is subscribed once that is recorded, and not where it cannot be', async () => {
  const { server } = noting();
  const under = durableEndpoint({ server });
  const id = await under.open();
  under.disk.full(true);
  const [answer] = await messagesOf(await under.post(about('subscribe', 'a:1'), id));
  expect(answer).toMatchObject({
    error: { data: { code: 'ERR_HOLDFAST_STORE', retryable: true } },
  });
  under.disk.full(false);
  await under.bench.advance(60_000);
});

test('only so many subscriptions are kept: the newest', () => {
  const wishes = new Wishes();
  for (let n = 0; n < LIMITS.keptSubscriptions + 10; n += 1) {
    wishes.take({ kind: 'subscribe', uri: `a:${n}` });
  }
  expect(wishes.subscriptions).toHaveLength(LIMITS.keptSubscriptions);
  expect(wishes.subscriptions[0]).toBe('a:10');
  // One that is asked for again is the newest.
  expect(wishes.take({ kind: 'subscribe', uri: 'a:10' })).toBe(false);
  expect(wishes.subscriptions.at(-1)).toBe('a:10');
});

test('only so many bytes of them are kept, and what is longer than all of that is not', () => {
  const wishes = new Wishes();
  const long = (n: number): string => `${n}:${'ä'.repeat(10_000)}`;
  for (let n = 0; n < 10; n += 1) wishes.take({ kind: 'subscribe', uri: long(n) });
  expect(wishes.subscriptions.map((uri) => uri[0])).toEqual(['7', '8', '9']);
  expect(Buffer.byteLength(JSON.stringify(wishes.toJSON()))).toBeLessThan(
    LIMITS.keptSubscriptionsBytes + 100,
  );
  expect(wishes.take({ kind: 'subscribe', uri: 'x'.repeat(100_000) })).toBe(false);
  expect(wishes.subscriptions).toHaveLength(3);
});

test.each([null, 1, [], { level: 1, subscriptions: 'a' }, { subscriptions: [1, null] }])(
  'what is kept and is none counts as nothing: %j',
  (kept) => {
    expect(Wishes.of(kept).toJSON()).toEqual({});
  },
);
