import { expect, test } from 'vitest';
import { call, messagesOf } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';
import { hold, Racing, SYNC_MS } from './racing.ts';

// A DELETE, and what is under way as it comes.

const ENDED = { error: { code: -32000, data: { code: 'ERR_HOLDFAST_TERMINATED' } } };
const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const PING = { jsonrpc: '2.0', id: 'ping', method: 'ping' };

test('a DELETE while a call runs: the call gets an error and its handler its signal at once, the stream is closed, and the session is unknown', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open();
  const stream = await racing.listen(id);
  const silent = under.post(hold('silent'), id);
  const telling = under.post(hold('telling'), id);
  await under.bench.settle();
  await held[1]?.progress(1);
  const deleting = under.delete(id);
  // Before the end is recorded.
  await under.bench.settle();
  expect(held.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  expect(await messagesOf(await silent)).toMatchObject([{ id: 'silent', ...ENDED }]);
  expect((await messagesOf(await telling)).at(-1)).toMatchObject({ id: 'telling', ...ENDED });
  for (const late of [
    under.post(PING, id),
    under.get(id),
    under.post(NOTICE, id),
    under.post(hold(9), id),
  ]) {
    expect((await late).status).toBe(404);
  }
  // Another one joins it.
  const both = await racing.during(Promise.all([deleting, under.delete(id)]));
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  for (const late of [
    under.post(PING, id),
    under.get(id),
    under.delete(id),
    under.post(hold(9), id),
  ]) {
    expect((await late).status).toBe(404);
  }
  expect(stream).toMatchObject({ ended: true, messages: [] });
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
  expect(racing.closed).toEqual([0]);
  // What the handlers answer after all, nobody hears.
  for (const one of held) one.answer('too late');
  await under.bench.settle();
  expect(under.errors).toEqual([]);
});

test('two DELETE at once: the session ends once, and neither is told that it failed', async () => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.open();
  const both = [under.delete(id), under.delete(id)];
  const statuses = (await racing.during(Promise.all(both))).map(({ status }) => status);
  expect(statuses).toEqual([200, 200]);
  expect(under.runtime.stats().ended).toEqual({ client: 1 });
});

// The claim of a wake takes a sync, and its record another.
test.each([0, 1, 10, 19, 20, 21, 39, 40, 41, 60])(
  'a DELETE %i ms after a call began to wake its session: the call has one answer, and nothing is left',
  async (inMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.openStored();
    const stream = await racing.listen(id);
    const asked = under.post(hold(1), id);
    asked.catch(() => undefined);
    await under.bench.advance(inMs);
    const deleted = await racing.during(under.delete(id));
    expect(deleted.status).toBe(200);
    const answer = await asked;
    // It was let in, and is told so; or it came too late for that.
    expect([200, 404]).toContain(answer.status);
    if (answer.status === 200)
      expect(await messagesOf(answer)).toMatchObject([{ id: 1, ...ENDED }]);
    expect(racing.held.map(({ signal }) => signal.aborted)).toEqual(racing.held.map(() => true));
    expect((await under.post(PING, id)).status).toBe(404);
    expect(stream.ended).toBe(true);
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
    expect(under.runtime.stats().ended).toEqual({ client: 1 });
    // As many closed as made.
    expect(racing.closed).toEqual(under.made.map((_, at) => at));
    for (const one of racing.held) one.answer('too late');
    expect(under.errors).toEqual([]);
  },
);

test.each([0, 1, 10, 19, 20, 21, 39, 40, 41])(
  'a DELETE %i ms after its session began to be put away ends it, and closes its stream',
  async (inMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.open();
    const stream = await racing.listen(id);
    await racing.untilHibernating(1);
    await under.bench.advance(inMs);
    expect((await racing.during(under.delete(id))).status).toBe(200);
    expect((await under.post(call(1, 'mark', { text: 'x' }), id)).status).toBe(404);
    expect(stream.ended).toBe(true);
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
    expect(under.runtime.stats().ended).toEqual({ client: 1 });
    expect(racing.called).toEqual([]);
    expect(under.errors).toEqual([]);
  },
);

test('a DELETE that the disk does not take yet: nothing is served meanwhile, and its client hears of it', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open();
  const running = under.post(hold(1), id);
  const stream = new Reading(await under.get(id));
  await under.bench.settle();
  under.disk.full(true);
  const deleting = racing.during(under.delete(id), 3 * SYNC_MS);
  expect((await deleting).status).toBe(503);
  expect(await messagesOf(await running)).toMatchObject([{ id: 1, ...ENDED }]);
  expect(held[0]?.signal.aborted).toBe(true);
  expect(stream.ended).toBe(true);
  expect((await under.post(PING, id)).status).toBe(404);
  under.disk.full(false);
  await under.bench.advance(60_000);
  expect(under.runtime.stats().ended).toEqual({ client: 1 });
  held[0]?.answer('too late');
});
