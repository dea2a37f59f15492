import { expect, onTestFinished, test } from 'vitest';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { after, durableRuntime } from '../../runtime/residency/fixture.ts';
import { createLoggingServer, durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { call, INITIALIZE, messagesOf, STREAM } from './endpoint-under-test.ts';

// A session of an MCP client goes on after it was put away, and after its process crashed.

const PING = { jsonrpc: '2.0', id: 'ping', method: 'ping' };
const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const add = (id: number, text: string) => call(id, 'note_add', { text });
const kept = (id: number, notes: number) => ({
  id,
  result: { content: [{ text: `Kept. Notes in this session: ${notes}.` }] },
});

test('when a session is put away nothing of its connection is left, and its next request has it made again', async () => {
  const under = durableEndpoint();
  const closed: string[] = [];
  const id = await under.open();
  await messagesOf(await under.post(add(1, 'before'), id));
  const first = under.made[0]?.server.server;
  if (first !== undefined) first.onclose = () => closed.push(id);

  await under.rest(id);
  expect(under.endpoint.connections).toBe(0);
  expect(closed).toEqual([id]);
  expect(under.runtime.stats()).toMatchObject({ resident: 0, hibernated: 1 });
  under.expectNothingOfSessions();

  const answer = await under.post(add(2, 'after'), id);
  expect(answer.headers.get('mcp-session-id')).toBe(id);
  expect(await messagesOf(answer)).toMatchObject([kept(2, 2)]);
  expect(under.endpoint.connections).toBe(1);
  expect(under.made.map(({ restored }) => restored)).toEqual([false, true]);
  expect(under.made.map((made) => made.id)).toEqual([id, id]);

  await under.rest(id);
  expect(under.endpoint.connections).toBe(0);
  under.expectNothingOfSessions();
});

test('the runtime keeps nothing of a session that was put away, whichever way its server was made', async () => {
  const { clock, runtime, context } = durableRuntime({ deadlines: { idleTimeoutMs: 600_000 } });
  const server = createLoggingServer;
  const endpoint = createMcpSessions({ runtime, server });
  onTestFinished(() => endpoint.close());
  const post = async (body: unknown, id?: string): Promise<Response> => {
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(id && { 'mcp-session-id': id }),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return after(clock, endpoint.fetch(new Request('http://localhost/mcp', init)));
  };
  const id = (await post(INITIALIZE)).headers.get('mcp-session-id') ?? '';
  for (let n = 1; n <= 2; n += 1) {
    expect((await post(call(n, 'log'), id)).status).toBe(200);
    expect(endpoint.connections).toBe(1);
    await clock.advance(STORED_MS);
    expect(runtime.stats()).toMatchObject({ resident: 0, hibernated: n });
    expect(endpoint.connections).toBe(0);
    expect(context.away.held).toBe(0);
  }
});

test('after a crash the next process serves the session, with all that was acknowledged', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  for (let n = 1; n <= 3; n += 1) await messagesOf(await under.post(add(n, `note ${n}`), id));
  under.crash();
  expect(under.endpoint.connections).toBe(0);
  const [listed] = await messagesOf(await under.post(call(4, 'note_list'), id));
  expect(listed).toMatchObject({
    result: { content: [{ text: '1. note 1\n2. note 2\n3. note 3' }] },
  });
});

test('after a drain too', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  await messagesOf(await under.post(add(1, 'kept'), id));
  await under.restart();
  expect(await messagesOf(await under.post(add(2, 'more'), id))).toMatchObject([kept(2, 2)]);
});

test.each(['2025-03-26', '2025-06-18', '2025-11-25', '1999-01-01', 'x'.repeat(1_000)])(
  'the handshake is as it was: the client, its capabilities, and the revision that was agreed on (%s)',
  async (protocolVersion) => {
    const under = durableEndpoint({ server: createLoggingServer });
    const params = {
      protocolVersion,
      capabilities: { sampling: {}, experimental: { mine: { a: 1 } } },
      clientInfo: { name: 'tester', title: 'A Tester', version: '1.0.0' },
    };
    const opened = await under.post({ ...INITIALIZE, params });
    const id = opened.headers.get('mcp-session-id') ?? '';
    await messagesOf(opened);
    const [before] = await messagesOf(await under.post(call(1, 'client'), id));
    await under.rest(id);
    const [after] = await messagesOf(await under.post(call(1, 'client'), id));
    expect(after).toEqual(before);
    expect(JSON.stringify(after)).toContain('A Tester');
    expect(under.made).toHaveLength(2);
  },
);

test('what does not fit of what a client says of itself is left out, and its name and capabilities stay', async () => {
  const under = durableEndpoint({ server: createLoggingServer });
  const capabilities = { experimental: { mine: { a: 'x'.repeat(10_000) } } };
  const clientInfo = { name: 'tester', version: '1.0.0', title: 'y'.repeat(10_000) };
  const params = { ...INITIALIZE.params, capabilities, clientInfo };
  const opened = await under.post({ ...INITIALIZE, params });
  expect(opened.status).toBe(200);
  const id = opened.headers.get('mcp-session-id') ?? '';
  await messagesOf(opened);
  await under.rest(id);
  const [told] = await messagesOf(await under.post(call(1, 'client'), id));
  const text: unknown = (told as { result: { content: { text: string }[] } }).result.content[0]
    ?.text;
  expect(JSON.parse(String(text))).toEqual({
    info: { name: 'tester', version: '1.0.0' },
    capabilities,
    protocol: '2025-11-25',
  });
});

test('many requests at once wake the session once, and have one server made', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const posts = Array.from({ length: 20 }, (_, n) => under.post(add(n, `note ${n}`), id));
  const answers = await Promise.all(posts.map(async (post) => messagesOf(await post)));
  for (const [answer] of answers) expect(answer).toMatchObject({ result: {} });
  expect(JSON.stringify(answers)).not.toContain('isError');
  expect(under.made).toHaveLength(2);
  expect(under.runtime.stats().woken).toBe(1);
  const [listed] = await messagesOf(await under.post(call(99, 'note_list'), id));
  expect(JSON.stringify(listed)).toContain('20. note');
});

// The record takes 20 ms, and then giving it up another 20.
test.each([0, 1, 10, 19, 20, 21, 30, 39, 40, 41, 60])(
  'a request that comes %i ms after a session began to be put away is answered',
  async (inMs) => {
    const under = durableEndpoint({ syncMs: 20 });
    const { bench } = under;
    const during = async <T>(asked: Promise<T>): Promise<T> => {
      asked.catch(() => undefined);
      await bench.advance(200);
      return asked;
    };
    const ids = await during(Promise.all([under.open(), under.open(), under.open()]));
    const hibernating = () => under.runtime.stats().byResidency.hibernating;
    await bench.advance(14_500);
    for (let ms = 0; ms < 1_500 && hibernating() < 3; ms += 1) await bench.advance(1);
    expect(hibernating()).toBe(3);
    await bench.advance(inMs);
    const [posted, noticed, pinged] = await during(
      Promise.all([
        under.post(add(1, 'raced'), ids[0]),
        under.post(NOTICE, ids[1]),
        under.post(PING, ids[2]),
      ]),
    );
    expect([posted.status, noticed.status, pinged.status]).toEqual([200, 202, 200]);
    expect(await messagesOf(posted)).toMatchObject([kept(1, 1)]);
    expect(await messagesOf(pinged)).toMatchObject([{ id: 'ping', result: {} }]);
    await bench.advance(STORED_MS + 1_000);
    expect(under.endpoint.connections).toBe(0);
  },
);

test('a request in flight keeps its connection, however long it takes', async () => {
  const under = durableEndpoint(STREAM);
  const id = await under.openStored();
  const counting = await under.post(call(1, 'count_slowly', { to: 60, everyMs: 1_000 }), id);
  await under.bench.advance(3 * STORED_MS);
  expect(under.endpoint.connections).toBe(1);
  await under.bench.advance(STORED_MS);
  expect(await messagesOf(counting)).toMatchObject([{ id: 1, result: {} }]);
});

test('progress and log messages are sent after a restore', async () => {
  const under = durableEndpoint(STREAM);
  const id = await under.openStored();
  const slow = call(1, 'count_slowly', { to: 2, everyMs: 100 });
  const params = { ...slow.params, _meta: { progressToken: 'p' } };
  const counting = await under.post({ ...slow, params }, id);
  await under.bench.advance(1_000);
  expect(await messagesOf(counting)).toMatchObject([
    { method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } },
    { method: 'notifications/progress', params: { progress: 2 } },
    { id: 1, result: {} },
  ]);

  const logging = durableEndpoint({ server: createLoggingServer });
  const other = await logging.openStored();
  expect(await messagesOf(await logging.post(call(1, 'log'), other))).toMatchObject([
    { method: 'notifications/message', params: { level: 'info', data: 'as before' } },
    { id: 1, result: {} },
  ]);
});

test('a batch of the 2025-03-26 revision is answered after a restore', async () => {
  const under = durableEndpoint();
  const id = await under.open('2025-03-26');
  await under.rest(id);
  const answers = await messagesOf(await under.post([add(1, 'a'), add(2, 'b'), PING], id));
  expect(answers).toHaveLength(3);
  expect(answers).toContainEqual({ jsonrpc: '2.0', id: 'ping', result: {} });
  const [listed] = await messagesOf(await under.post(call(3, 'note_list'), id));
  expect(JSON.stringify(listed)).toContain('1. a\\n2. b');
});

test('a ping of a stored session is answered, and neither wakes it nor has its server made', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const one = await under.post(PING, id);
  expect(one.status).toBe(200);
  expect(await messagesOf(one)).toEqual([{ jsonrpc: '2.0', id: 'ping', result: {} }]);
  const batch = await under.post([PING, { ...PING, id: 2 }], id);
  expect(await batch.json()).toEqual([
    { jsonrpc: '2.0', id: 'ping', result: {} },
    { jsonrpc: '2.0', id: 2, result: {} },
  ]);
  expect(under.runtime.stats()).toMatchObject({ resident: 0, woken: 0, beats: 2 });
  expect(under.made).toHaveLength(1);
  expect(under.endpoint.connections).toBe(0);
});

test('a notification is activity: it wakes the session', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  expect((await under.post(NOTICE, id)).status).toBe(202);
  expect(await under.residency(id)).toBe('resident');
  expect(under.endpoint.connections).toBe(1);
});

test('a DELETE ends a stored session without a wake and without a server', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  expect((await under.delete(id)).status).toBe(200);
  expect((await under.delete(id)).status).toBe(404);
  expect((await under.post(add(1, 'late'), id)).status).toBe(404);
  expect(under.runtime.stats()).toMatchObject({ woken: 0, ended: { client: 1 } });
  expect(under.made).toHaveLength(1);
});

test('a DELETE after a restore ends the session, and its server is closed', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  await messagesOf(await under.post(add(1, 'x'), id));
  expect((await under.delete(id)).status).toBe(200);
  expect(under.endpoint.connections).toBe(0);
  expect(under.runtime.stats().ended).toMatchObject({ client: 1 });
});

test('a server that is made again sees the whole handshake, before the request', async () => {
  const seen: string[] = [];
  const under = durableEndpoint({
    server: async (context) => {
      const server = await createLoggingServer(context);
      server.server.oninitialized = () => seen.push('initialized');
      server.registerTool('seen', {}, () => {
        seen.push('called');
        return { content: [] };
      });
      return server;
    },
  });
  const id = await under.openStored();
  expect(seen).toEqual(['initialized']);
  await messagesOf(await under.post(call(1, 'seen'), id));
  expect(seen).toEqual(['initialized', 'initialized', 'called']);
});
