import { expect, test } from 'vitest';
import { createLoggingServer, durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { call, messagesOf } from './endpoint-under-test.ts';

// The GET stream of a session across hibernation and a crash.

const add = (id: number, text: string) => call(id, 'note_add', { text });

test('an open stream keeps its session in memory, and a session without one is put away', async () => {
  const under = durableEndpoint();
  const [listening, silent] = [await under.open(), await under.open()];
  const gone = new AbortController();
  const stream = await under.get(listening, gone.signal);
  await under.bench.advance(10 * STORED_MS);
  expect(await under.residency(listening)).toBe('resident');
  expect(await under.residency(silent)).toBe('stored');
  await under.made[0]?.server.sendToolListChanged();
  gone.abort();
  expect(await stream.text()).toContain('notifications/tools/list_changed');

  await under.bench.advance(6_000);
  expect(await under.residency(listening)).toBe('stored');
  expect(under.endpoint.connections).toBe(0);
  under.bench.expectNoLeaks();
});

test('a stream of a stored session has its server made, and neither wakes the session nor is it an activity', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const session = await under.runtime.get(id);
  const before = session.info().lastActivityAt;
  const gone = new AbortController();
  const stream = await under.get(id, gone.signal);
  expect(stream.status).toBe(200);
  expect(under.endpoint.connections).toBe(1);
  await under.bench.advance(STORED_MS);
  expect(session.info()).toMatchObject({
    residency: 'stored',
    state: 'idle',
    presences: 1,
    lastActivityAt: before,
  });
  expect(under.runtime.stats().woken).toBe(0);
  await under.made[1]?.server.sendToolListChanged();

  gone.abort();
  expect(await stream.text()).toContain('notifications/tools/list_changed');
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(0);
  expect(session.info()).toMatchObject({ residency: 'stored', presences: 0 });
});

test('what wakes a session whose stream is open is served by the same server, and the session stays', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const gone = new AbortController();
  await under.get(id, gone.signal);
  await messagesOf(await under.post(add(1, 'x'), id));
  expect(under.made).toHaveLength(2);
  await under.bench.advance(2 * STORED_MS);
  expect(await under.residency(id)).toBe('resident');
  expect(under.endpoint.connections).toBe(1);

  gone.abort();
  await under.bench.advance(6_000);
  expect(await under.residency(id)).toBe('stored');
  expect(under.endpoint.connections).toBe(0);
});

test('the end of a session that was woken under its open stream closes the stream at once', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const stream = await under.get(id);
  await messagesOf(await under.post(add(1, 'x'), id));
  // The end is not recorded, and all the same nothing is served any more.
  under.disk.full(true);
  const ended = under.runtime.terminate(id, 'operator');
  ended.catch(() => undefined);
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(0);
  expect(await stream.text()).toBe(': open\n\n');
  under.disk.full(false);
  await under.bench.advance(60_000);
});

test('the end of a stored session closes its open stream', async () => {
  const under = durableEndpoint();
  const [ended, reaped] = [await under.openStored(), await under.openStored()];
  const streams = [await under.get(ended), await under.get(reaped)];
  await under.runtime.terminate(ended, 'operator');
  expect(await streams[0]?.text()).toBe(': open\n\n');
  expect(under.endpoint.connections).toBe(1);
  await under.bench.advance(3_700_000);
  expect(await streams[1]?.text()).toBe(': open\n\n');
  expect(under.endpoint.connections).toBe(0);
  expect(under.runtime.stats()).toMatchObject({ woken: 0, ended: { 'idle-timeout': 1 } });
});

test('a drain puts a session with an open stream away, and the next process serves it', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  await messagesOf(await under.post(add(1, 'kept'), id));
  const stream = await under.get(id);
  await under.restart();
  expect(await stream.text()).toBe(': open\n\n');
  expect(await under.residency(id)).toBe('stored');
  const [listed] = await messagesOf(await under.post(call(2, 'note_list'), id));
  expect(JSON.stringify(listed)).toContain('1. kept');
});

test('after a crash a client opens its stream again, and hears of its session', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  await under.get(id);
  under.crash();
  const gone = new AbortController();
  const stream = await under.get(id, gone.signal);
  expect(stream.status).toBe(200);
  expect((await under.get(id)).status).toBe(409);
  expect(await under.residency(id)).toBe('stored');
  await under.made[1]?.server.sendToolListChanged();
  gone.abort();
  expect(await stream.text()).toContain('notifications/tools/list_changed');
});

test('a stream that is refused leaves nothing of a stored session', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const refused = await under.endpoint.fetch(
    new Request('http://localhost/mcp', {
      headers: { host: 'localhost', accept: 'text/html', 'mcp-session-id': id },
    }),
  );
  expect(refused.status).toBe(406);
  expect(under.endpoint.connections).toBe(0);
});

test('a client that is gone before its stream is there leaves nothing', async () => {
  let proceed: () => void = () => undefined;
  let slow = false;
  const under = durableEndpoint({
    server: async (context) => {
      if (slow) await new Promise<void>((resolve) => (proceed = resolve));
      return createLoggingServer(context);
    },
  });
  const id = await under.openStored();
  slow = true;
  const gone = new AbortController();
  const opening = under.get(id, gone.signal);
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(1);
  gone.abort();
  proceed();
  await opening;
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(0);
  expect((await under.runtime.get(id)).info().presences).toBe(0);
});

test('close of the endpoint closes what is being made as well', async () => {
  const closed: number[] = [];
  let proceed: () => void = () => undefined;
  let slow = false;
  const under = durableEndpoint({
    server: async (context) => {
      const server = await createLoggingServer(context);
      if (!slow) return server;
      server.server.onclose = () => closed.push(1);
      await new Promise<void>((resolve) => (proceed = resolve));
      return server;
    },
  });
  const id = await under.openStored();
  slow = true;
  const asked = under.post(call(1, 'log'), id);
  await under.bench.settle();
  await under.endpoint.close();
  proceed();
  expect((await asked).status).toBe(503);
  await under.bench.settle();
  expect(closed).toEqual([1]);
  expect((await under.runtime.get(id)).state).toBe('active');
});

test('close of the endpoint waits for the servers to be closed', async () => {
  let proceed: () => void = () => undefined;
  const under = durableEndpoint({
    server: async (context) => {
      const server = await createLoggingServer(context);
      const close = server.close.bind(server);
      server.close = async () => {
        await new Promise<void>((resolve) => (proceed = resolve));
        await close();
      };
      return server;
    },
  });
  await under.open();
  let closed = false;
  const closing = under.endpoint.close().then(() => {
    closed = true;
  });
  await under.bench.settle();
  expect(closed).toBe(false);
  proceed();
  await closing;
  expect(under.made[0]?.server.isConnected()).toBe(false);
});

test('a runtime that is closed leaves no connection of a stored session with a stream', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const stream = await under.get(id);
  await under.bench.close();
  expect(await stream.text()).toBe(': open\n\n');
  expect(under.endpoint.connections).toBe(0);
});

test('a stream that closes while its session is woken in vain leaves nothing', async () => {
  const under = durableEndpoint({ syncMs: 20, maxResident: 1 });
  const { bench } = under;
  const opened = async (): Promise<string> => {
    const opening = under.open();
    await bench.advance(200);
    return opening;
  };
  const id = await opened();
  await bench.advance(STORED_MS);
  const gone = new AbortController();
  await under.get(id, gone.signal);
  // It makes room first, which takes one sync. Then the disk takes no more.
  await opened();
  await bench.advance(11_000);
  const asked = under.post(add(1, 'x'), id);
  await bench.advance(10);
  expect(await under.residency(id)).toBe('waking');
  gone.abort();
  under.disk.full(true);
  await bench.advance(200);
  expect((await asked).status).toBe(503);
  expect(await under.residency(id)).toBe('stored');
  expect(under.endpoint.connections).toBe(0);
  under.disk.full(false);
  await bench.advance(60_000);
});

test('a session whose end begins while its server is made is not found, before that is recorded', async () => {
  let proceed: () => void = () => undefined;
  let slow = false;
  const under = durableEndpoint({
    server: async (context) => {
      if (slow) await new Promise<void>((resolve) => (proceed = resolve));
      return createLoggingServer(context);
    },
  });
  const id = await under.openStored();
  await (await under.runtime.get(id)).touch();
  slow = true;
  const notice = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
  const asked = [under.get(id), under.post(notice, id)];
  await under.bench.settle();
  under.disk.full(true);
  under.runtime.terminate(id, 'operator').catch(() => undefined);
  await under.bench.settle();
  proceed();
  for (const one of asked) expect((await one).status).toBe(404);
  expect(under.endpoint.connections).toBe(0);
  under.disk.full(false);
  await under.bench.advance(60_000);
});
