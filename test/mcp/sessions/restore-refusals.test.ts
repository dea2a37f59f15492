import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { createLoggingServer, durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { call, INITIALIZE, messagesOf, STREAM } from './endpoint-under-test.ts';

// What is not restored, and what becomes of a session whose connection cannot be.

const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const add = (id: number, text: string) => call(id, 'note_add', { text });
const kept = (id: number, notes: number) => ({
  id,
  result: { content: [{ text: `Kept. Notes in this session: ${notes}.` }] },
});

test('an initialize that names a stored session is refused, and the session stays', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  expect((await under.post(INITIALIZE, id)).status).toBe(400);
  expect(await under.residency(id)).toBe('stored');
});

test('a session that no MCP client has opened is not found, stored or not', async () => {
  const under = durableEndpoint();
  const { id } = await under.runtime.create({ client: { name: 'mine', version: '1' } });
  expect((await under.post(add(1, 'x'), id)).status).toBe(404);
  await under.bench.advance(STORED_MS);
  for (const answer of [
    await under.post(add(1, 'x'), id),
    await under.get(id),
    await under.delete(id),
  ]) {
    expect(answer.status).toBe(404);
  }
  expect(await under.residency(id)).toBe('stored');
});

test('a server that cannot be made again: 500, the session stays, and the next request tries anew', async () => {
  let broken = false;
  const under = durableEndpoint({
    server: (context) => {
      if (broken) throw new Error('no such database');
      return createLoggingServer(context);
    },
  });
  const id = await under.openStored();
  broken = true;
  const answers = await Promise.all([
    under.post(call(1, 'log'), id),
    under.post(call(2, 'log'), id),
    under.post(NOTICE, id),
    under.post([call(3, 'log'), call(4, 'log')], id),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('database');
  }
  expect(under.errors).toHaveLength(4);
  expect(under.errors[0]).toMatchObject({ cause: { message: 'no such database' } });
  expect(under.endpoint.connections).toBe(0);
  expect(under.runtime.stats().ended).toEqual({});
  broken = false;
  expect(await messagesOf(await under.post(call(1, 'log'), id))).toHaveLength(2);
});

test('a server that refuses the handshake is closed, and ends nothing', async () => {
  let refuses = false;
  const closed: number[] = [];
  const under = durableEndpoint({
    server: () => {
      const server = new McpServer({ name: 'moody', version: '1.0.0' });
      if (refuses) {
        server.server.setRequestHandler('initialize', () => Promise.reject(new Error('no')));
        server.server.onclose = () => closed.push(1);
      }
      return server;
    },
  });
  const id = await under.openStored();
  refuses = true;
  expect((await under.post(call(1, 'x'), id)).status).toBe(500);
  expect(under.errors).toMatchObject([
    { message: expect.stringContaining('made again'), cause: { message: expect.any(String) } },
  ]);
  await under.bench.settle();
  expect(closed).toEqual([1]);
  expect((await under.runtime.get(id)).state).toBe('active');
  refuses = false;
  expect((await under.post(call(1, 'x'), id)).status).toBe(200);
});

test('a session that ends while its server is made again: 404, and the server is closed', async () => {
  let ends = false;
  const closed: number[] = [];
  const under = durableEndpoint({
    server: async ({ session }) => {
      const server = new McpServer({ name: 'late', version: '1.0.0' });
      if (ends) {
        server.server.onclose = () => closed.push(1);
        await session.terminate('operator');
      }
      return server;
    },
  });
  const ids = [await under.openStored(), await under.openStored()];
  ends = true;
  expect((await under.post(call(1, 'x'), ids[0])).status).toBe(404);
  expect((await under.post(NOTICE, ids[1])).status).toBe(404);
  await under.bench.settle();
  expect(closed).toEqual([1, 1]);
  expect(under.endpoint.connections).toBe(0);
});

test('a session that is being put away by a drain: 503, and the next process serves it', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const drained = under.runtime.drain();
  expect((await under.post(add(1, 'x'), id)).status).toBe(503);
  await drained;
  expect((await under.post(add(1, 'x'), id)).status).toBe(503);
  await under.restart();
  expect(await messagesOf(await under.post(add(1, 'x'), id))).toMatchObject([kept(1, 1)]);
});

test('no room for a stored session: 503, and it is served once there is some', async () => {
  const under = durableEndpoint({ ...STREAM, maxResident: 1 });
  const id = await under.openStored();
  const busy = await under.open();
  const counting = await under.post(call(1, 'count_slowly', { to: 5, everyMs: 1_000 }), busy);
  expect((await under.post(add(1, 'x'), id)).status).toBe(503);
  expect(under.made).toHaveLength(2);
  await under.bench.advance(STORED_MS + 5_000);
  await messagesOf(counting);
  expect(await messagesOf(await under.post(add(1, 'x'), id))).toMatchObject([kept(1, 1)]);
});

/** A server that is made when the test says so, from then on when `slow` is set. */
const slowServer = () => {
  const under = { slow: false, calls: 0, proceed: (): void => undefined };
  const server = async () => {
    if (under.slow) await new Promise<void>((resolve) => (under.proceed = resolve));
    const made = new McpServer({ name: 'slow', version: '1.0.0' });
    made.registerTool('count', {}, () => {
      under.calls += 1;
      return { content: [] };
    });
    return made;
  };
  return { under, server };
};

test('a request whose time is up while its server is made is told so, and its handler never runs', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server, requestTimeoutMs: 20_000 });
  const id = await under.openStored();
  slow.slow = true;
  const asked = under.post(call(1, 'count'), id);
  await under.bench.advance(20_000);
  expect(await messagesOf(await asked)).toMatchObject([
    { id: 1, error: { data: { code: 'ERR_HOLDFAST_TIMEOUT' } } },
  ]);
  slow.proceed();
  await under.bench.settle();
  expect(slow.calls).toBe(0);
  await messagesOf(await under.post(call(2, 'count'), id));
  expect(slow.calls).toBe(1);
});

test('a server that is not made again within 30 s: 500, it is closed when it comes, and the next request tries anew', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server });
  const id = await under.openStored();
  slow.slow = true;
  const asked = [under.post(call(1, 'count'), id), under.post(NOTICE, id), under.post(NOTICE, id)];
  await under.bench.advance(LIMITS.initTimeoutMs - 1);
  // Who comes later has no more time than is left.
  asked.push(under.post(call(2, 'count'), id));
  expect(under.endpoint.connections).toBe(1);
  await under.bench.advance(1);
  for (const one of asked) expect((await one).status).toBe(500);
  expect(under.endpoint.connections).toBe(0);
  expect(under.errors).toHaveLength(4);
  expect(under.errors[0]).toMatchObject({
    cause: { code: 'ERR_HOLDFAST_TIMEOUT', timeoutMs: LIMITS.initTimeoutMs },
  });

  slow.slow = false;
  expect(await messagesOf(await under.post(call(3, 'count'), id))).toMatchObject([{ id: 3 }]);
  slow.proceed();
  await under.bench.settle();
  const [, fresh, late] = under.made.map((made) => made.server.isConnected());
  expect([fresh, late]).toEqual([true, false]);
  expect(await messagesOf(await under.post(call(4, 'count'), id))).toMatchObject([{ id: 4 }]);
  expect(slow.calls).toBe(2);
  expect(under.made).toHaveLength(3);
});

test('a handshake that is not repeated within 30 s: 500, and its server is closed at once', async () => {
  let hangs = false;
  const closed: number[] = [];
  const under = durableEndpoint({
    server: () => {
      const server = new McpServer({ name: 'hung', version: '1.0.0' });
      server.server.onclose = () => closed.push(under.bench.clock.mono());
      if (hangs) server.server.setRequestHandler('initialize', () => new Promise(() => undefined));
      return server;
    },
  });
  const id = await under.openStored();
  hangs = true;
  const since = under.bench.clock.mono();
  const asked = under.post(NOTICE, id);
  await under.bench.advance(LIMITS.initTimeoutMs);
  expect((await asked).status).toBe(500);
  expect(closed[1]).toBe(since + LIMITS.initTimeoutMs);
  hangs = false;
  expect((await under.post(NOTICE, id)).status).toBe(202);
  expect(await under.residency(id)).toBe('resident');
});

test('a session that ends while its server hangs: 404 at once', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server });
  const id = await under.openStored();
  slow.slow = true;
  const asked = [under.post(call(1, 'count'), id), under.post(NOTICE, id)];
  await under.bench.settle();
  await under.runtime.terminate(id, 'operator');
  for (const one of asked) expect((await one).status).toBe(404);
  slow.proceed();
  await under.bench.settle();
  expect(under.made[1]?.server.isConnected()).toBe(false);
});

test('a runtime that closes while a server hangs: 503, because its session goes on', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server });
  const id = await under.openStored();
  slow.slow = true;
  const asked = under.post(NOTICE, id);
  await under.bench.settle();
  await under.bench.close();
  expect((await asked).status).toBe(503);
});

test('an initialize whose session ends while its server is made is refused, and the server is closed', async () => {
  const under = durableEndpoint({
    server: async ({ session }) => {
      await session.terminate('operator');
      return new McpServer({ name: 'late', version: '1.0.0' });
    },
  });
  expect((await under.post(INITIALIZE)).status).toBe(404);
  await under.bench.settle();
  expect(under.made[0]?.server.isConnected()).toBe(false);
  expect(under.endpoint.connections).toBe(0);
});

test('an initialize whose server is made while the runtime closes: 503', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server });
  slow.slow = true;
  const asked = under.post(INITIALIZE);
  await under.bench.settle();
  await under.bench.close();
  slow.proceed();
  expect((await asked).status).toBe(503);
});

test('an initialize whose server takes long is work: its session is not put away meanwhile', async () => {
  const { under: slow, server } = slowServer();
  const under = durableEndpoint({ server });
  slow.slow = true;
  const asked = under.post(INITIALIZE);
  await under.bench.advance(STORED_MS + 1_000);
  expect(under.runtime.stats()).toMatchObject({ resident: 1, hibernated: 0 });
  slow.proceed();
  const answer = await asked;
  expect(await messagesOf(answer)).toMatchObject([{ id: 'init', result: {} }]);
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(1);
});

test('close while a session is looked up: 503, and no server is made', async () => {
  const under = durableEndpoint({ syncMs: 20 });
  const opening = under.open();
  await under.bench.advance(200);
  const id = await opening;
  await under.bench.advance(STORED_MS);
  const asked = [under.post(add(1, 'x'), id), under.post(NOTICE, id)];
  await under.endpoint.close();
  await under.bench.advance(200);
  for (const one of asked) expect((await one).status).toBe(503);
  expect(under.made).toHaveLength(1);
  expect(under.endpoint.connections).toBe(0);
});
