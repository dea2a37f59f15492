import { expect, test } from 'vitest';
import { createLoggingServer, durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { call, messagesOf } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// The GET stream of a session across hibernation, a wake and a crash.

const add = (id: number, text: string) => call(id, 'note_add', { text });
const LIST_CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

test('an open stream keeps its session from nothing: it is put away, and the stream stays open', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  const stream = new Reading(await under.get(id));
  await under.rest(id);
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 1 });
  expect(stream).toMatchObject({ ended: false, messages: [] });
  const session = await under.runtime.get(id);
  expect(session.info()).toMatchObject({ presences: 1, residency: 'stored' });

  await stream.leave();
  await under.bench.settle();
  expect(session.info()).toMatchObject({ presences: 0, residency: 'stored' });
  expect(under.endpoint.streams).toBe(0);
  await under.bench.advance(STORED_MS);
  under.expectNothingOfSessions();
});

test('a stream of a stored session neither wakes it nor has its server made, and is no activity', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const session = await under.runtime.get(id);
  const before = session.info().lastActivityAt;
  const response = await under.get(id);
  expect(response.status).toBe(200);
  const stream = new Reading(response);
  await under.bench.advance(STORED_MS);
  expect(under.made).toHaveLength(1);
  expect(under.runtime.stats().woken).toBe(0);
  expect(session.info()).toMatchObject({
    residency: 'stored',
    state: 'idle',
    presences: 1,
    lastActivityAt: before,
  });
  await stream.leave();
});

test.each([
  [
    'a request',
    (under: ReturnType<typeof durableEndpoint>, id: string) => under.post(add(1, 'x'), id),
  ],
  [
    'its application',
    async (under: ReturnType<typeof durableEndpoint>, id: string) =>
      (await under.runtime.get(id)).touch(),
  ],
])(
  'a session that is woken by %s says what it has to say on the stream that was open all along',
  async (_, wake) => {
    const under = durableEndpoint();
    const id = await under.open();
    const stream = new Reading(await under.get(id));
    await under.rest(id);
    await wake(under, id);
    await under.bench.settle();
    expect(under.endpoint).toMatchObject({ connections: 1, streams: 1 });
    expect(under.made.map(({ restored }) => restored)).toEqual([false, true]);
    await under.made[1]?.server.sendToolListChanged();
    await under.bench.settle();
    expect(stream.messages).toEqual([LIST_CHANGED]);
    // And again: no wake leaves anything.
    await under.rest(id);
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 1 });
    await stream.leave();
    await under.bench.advance(STORED_MS);
    under.expectNothingOfSessions();
  },
);

test('a stream that is opened on a session that was woken without one has the server made', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  await (await under.runtime.get(id)).touch();
  expect(under.endpoint.connections).toBe(0);
  const stream = new Reading(await under.get(id));
  await under.bench.settle();
  expect(under.endpoint.connections).toBe(1);
  await under.made[1]?.server.sendToolListChanged();
  await under.bench.settle();
  expect(stream.messages).toEqual([LIST_CHANGED]);
});

test('a server that cannot be made for a stream is told to the operator, and the stream stays open', async () => {
  let broken = false;
  const under = durableEndpoint({
    server: (context) => {
      if (broken) throw new Error('no such database');
      return createLoggingServer(context);
    },
  });
  const id = await under.openStored();
  const stream = new Reading(await under.get(id));
  broken = true;
  await (await under.runtime.get(id)).touch();
  await under.bench.settle();
  expect(under.errors).toMatchObject([{ cause: { message: 'no such database' } }]);
  expect(stream.ended).toBe(false);
  broken = false;
  expect(await messagesOf(await under.post(call(1, 'log'), id))).toHaveLength(2);
});

test('the end of a session that was woken under its open stream closes the stream at once', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const stream = new Reading(await under.get(id));
  await messagesOf(await under.post(add(1, 'x'), id));
  // The end is not recorded, and all the same nothing is served any more.
  under.disk.full(true);
  const ended = under.runtime.terminate(id, 'operator');
  ended.catch(() => undefined);
  await under.bench.settle();
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
  expect(stream).toMatchObject({ ended: true, messages: [] });
  under.disk.full(false);
  await under.bench.advance(60_000);
});

test('the end of a stored session closes its open stream: told, deleted, or reaped', async () => {
  const under = durableEndpoint();
  const ids = [
    await under.openStored(),
    await under.openStored(),
    await under.openStored(),
  ] as const;
  const streams = [];
  for (const id of ids) streams.push(new Reading(await under.get(id)));
  await under.runtime.terminate(ids[0], 'operator');
  expect((await under.delete(ids[1])).status).toBe(200);
  await under.bench.settle();
  expect(streams.map(({ ended }) => ended)).toEqual([true, true, false]);
  await under.bench.advance(3_700_000);
  expect(streams[2]).toMatchObject({ ended: true, messages: [] });
  expect(under.endpoint.streams).toBe(0);
  expect(under.runtime.stats()).toMatchObject({ woken: 0, ended: { 'idle-timeout': 1 } });
});

test('a drain closes the streams of what it puts away, and the next process serves it', async () => {
  const under = durableEndpoint();
  const [id, away] = [await under.open(), await under.openStored()];
  await messagesOf(await under.post(add(1, 'kept'), id));
  const streams = [new Reading(await under.get(id)), new Reading(await under.get(away))];
  const drained = under.runtime.drain();
  expect((await under.get(id)).status).toBe(503);
  await under.bench.settle();
  await drained;
  expect(streams.map(({ ended }) => ended)).toEqual([true, true]);
  // Not before the next process may be there.
  for (const { text } of streams) expect(text).toContain('retry: 3000');
  await under.restart();
  expect(await under.residency(id)).toBe('stored');
  const [listed] = await messagesOf(await under.post(call(2, 'note_list'), id));
  expect(JSON.stringify(listed)).toContain('1. kept');
});

test('after a crash a client opens its stream again, and hears of its session once that is woken', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  const before = new Reading(await under.get(id));
  under.crash();
  const stream = new Reading(await under.get(id));
  await under.bench.settle();
  expect(before.ended).toBe(true);
  expect(await under.residency(id)).toBe('stored');
  await messagesOf(await under.post(add(1, 'x'), id));
  await under.made[1]?.server.sendToolListChanged();
  await under.bench.settle();
  expect(stream.messages).toEqual([LIST_CHANGED]);
});

test('a second stream takes the place of the first, whose client may be gone without a word', async () => {
  const under = durableEndpoint();
  const id = await under.open();
  const first = new Reading(await under.get(id));
  const second = new Reading(await under.get(id));
  await under.bench.settle();
  expect(first.ended).toBe(true);
  expect((await under.runtime.get(id)).info().presences).toBe(1);
  await under.made[0]?.server.sendToolListChanged();
  // What is left of the first one takes nothing along.
  await first.leave();
  await under.bench.settle();
  expect([first.messages, second.messages]).toEqual([[], [LIST_CHANGED]]);
  expect((await under.runtime.get(id)).info().presences).toBe(1);
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
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
});

test('a client that is gone before its stream is there leaves nothing', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const gone = new AbortController();
  const opening = under.get(id, gone.signal);
  gone.abort();
  await opening;
  await under.bench.settle();
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
  expect((await under.runtime.get(id)).info().presences).toBe(0);
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
  const stream = new Reading(await under.get(id));
  // It makes room first, which takes one sync. Then the disk takes no more.
  await opened();
  await bench.advance(11_000);
  const asked = under.post(add(1, 'x'), id);
  await bench.advance(10);
  expect(await under.residency(id)).toBe('waking');
  await stream.leave();
  under.disk.full(true);
  await bench.advance(200);
  expect((await asked).status).toBe(503);
  expect(await under.residency(id)).toBe('stored');
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
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
  const stream = new Reading(await under.get(id));
  const asked = under.post(notice, id);
  await under.bench.settle();
  under.disk.full(true);
  under.runtime.terminate(id, 'operator').catch(() => undefined);
  await under.bench.settle();
  proceed();
  expect((await asked).status).toBe(404);
  await under.bench.settle();
  expect(stream.ended).toBe(true);
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
  under.disk.full(false);
  await under.bench.advance(60_000);
});
