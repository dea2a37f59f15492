import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../src/http/adapters/listen.ts';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import { type DurableEndpoint, durableEndpoint } from './durable-endpoint.ts';

// The official clients over a restart of the server: they see no difference.

const INFO = { name: 'tester', version: '1.0.0' };
const URL_OF_IT = new URL('http://localhost/mcp');

interface Connected {
  call(name: string, args?: object): Promise<string>;
  count(onprogress: (progress: { progress: number }) => void): Promise<string>;
  tools(): Promise<string[]>;
  ping(): Promise<unknown>;
  terminate(): Promise<void>;
  readonly id: string;
  readonly protocolVersion: string | undefined;
}

const COUNT = { name: 'count_slowly', arguments: { to: 3, everyMs: 1_000 } };

const connectV2 = async (fetch: typeof globalThis.fetch): Promise<Connected> => {
  const client = new Client(INFO);
  const transport = new StreamableHTTPClientTransport(URL_OF_IT, { fetch });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    call: async (name, args = {}) =>
      JSON.stringify(await client.callTool({ name, arguments: { ...args } })),
    count: async (onprogress) => JSON.stringify(await client.callTool(COUNT, { onprogress })),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    ping: () => client.ping(),
    terminate: () => transport.terminateSession(),
    id: transport.sessionId ?? '',
    protocolVersion: transport.protocolVersion,
  };
};

const connectV1 = async (fetch: typeof globalThis.fetch): Promise<Connected> => {
  const client = new ClientV1(INFO);
  const transport = new TransportV1(URL_OF_IT, { fetch });
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(transport as Parameters<ClientV1['connect']>[0]);
  onTestFinished(() => client.close());
  return {
    call: async (name, args = {}) =>
      JSON.stringify(await client.callTool({ name, arguments: { ...args } })),
    count: async (onprogress) =>
      JSON.stringify(await client.callTool(COUNT, undefined, { onprogress })),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    ping: () => client.ping(),
    terminate: () => transport.terminateSession(),
    id: transport.sessionId ?? '',
    protocolVersion: transport.protocolVersion,
  };
};

const CLIENTS = [
  ['v1', connectV1],
  ['v2', connectV2],
] as const;

const goesOn = async (
  under: DurableEndpoint,
  client: Connected,
  notes: string[],
): Promise<void> => {
  const { id, protocolVersion } = client;
  expect((await client.tools()).sort()).toEqual([
    'count_slowly',
    'note_add',
    'note_list',
    'session_info',
  ]);
  const listed = await client.call('note_list');
  notes.forEach((note, index) => {
    expect(listed).toContain(`${index + 1}. ${note}`);
  });
  expect(await client.call('session_info')).toContain(id);
  await client.ping();
  const made = under.made.at(-1);
  expect(made).toMatchObject({ id, restored: true });
  expect(made?.server.server.getNegotiatedProtocolVersion()).toBe(protocolVersion);
  expect(made?.server.server.getClientVersion()).toMatchObject(INFO);
  const seen: number[] = [];
  const counted = client.count(({ progress }) => seen.push(progress));
  for (let n = 0; n < 8; n += 1) await under.bench.advance(500);
  expect(await counted).toContain('Counted to 3.');
  expect(seen).toEqual([1, 2, 3]);
};

test.each(CLIENTS)('a client %s goes on after its session was put away', async (_, connect) => {
  const under = durableEndpoint({ answers: 'auto' });
  const client = await connect(under.fetch(false));
  await client.call('note_add', { text: 'before' });
  await under.rest(client.id);
  expect(under.endpoint.connections).toBe(0);
  await client.ping();
  expect(await under.residency(client.id)).toBe('stored');
  await client.call('note_add', { text: 'after' });
  await goesOn(under, client, ['before', 'after']);
  await client.terminate();
  expect(under.runtime.stats().ended).toMatchObject({ client: 1 });
});

test.each(CLIENTS)('a client %s goes on after its server has crashed', async (_, connect) => {
  const under = durableEndpoint({ answers: 'auto' });
  const client = await connect(under.fetch(false));
  await client.call('note_add', { text: 'before' });
  under.crash();
  await client.call('note_add', { text: 'after' });
  await goesOn(under, client, ['before', 'after']);
  under.crash();
  await goesOn(under, client, ['before', 'after']);
});

test('a client with an open stream opens it again after a restart, over a real socket', async () => {
  const under = durableEndpoint({ answers: 'auto' });
  const handle = toNodeHandler({ fetch: (request) => under.endpoint.fetch(request) });
  const serve = (port: number) => listen({ port, handle });
  let listening = await serve(0);
  onTestFinished(() => listening.close());

  const client = new Client(INFO);
  const changed: string[] = [];
  client.setNotificationHandler('notifications/tools/list_changed', (told) => {
    changed.push(told.method);
  });
  const transport = new StreamableHTTPClientTransport(new URL(`${listening.url}/mcp`), {
    reconnectionOptions: {
      initialReconnectionDelay: 20,
      maxReconnectionDelay: 50,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 200,
    },
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const id = transport.sessionId ?? '';
  const presences = async () => (await under.runtime.get(id)).info().presences;
  await expect.poll(presences).toBe(1);
  await client.callTool({ name: 'note_add', arguments: { text: 'before' } });

  const { port } = listening;
  await listening.close();
  under.crash();
  listening = await serve(port);
  await expect.poll(presences, { timeout: 10_000 }).toBe(1);
  expect(await under.residency(id)).toBe('stored');
  expect(under.runtime.stats().woken).toBe(0);
  await (await under.runtime.get(id)).touch();
  await expect.poll(() => under.made.length).toBe(2);
  await under.bench.settle();
  await under.made.at(-1)?.server.sendToolListChanged();
  await expect.poll(() => changed).toHaveLength(1);

  const listed = await client.callTool({ name: 'note_list', arguments: {} });
  expect(JSON.stringify(listed)).toContain('1. before');
  expect(under.made).toHaveLength(2);
  await client.close();
  await expect.poll(presences).toBe(0);
});
