import { expect, test } from 'vitest';
import { call, messagesOf } from '../sessions/endpoint-under-test.ts';
import { hold, Racing } from './racing.ts';

// A batch of the 2025-03-26 revision that holds one of everything.

const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const ANSWER = { jsonrpc: '2.0', id: 0, result: {} };
const PING = { jsonrpc: '2.0', id: 'ping', method: 'ping' };
const cancel = (requestId: string) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const mark = (id: string, text: string) => call(id, 'mark', { text });

test.each(['resident', 'stored'])(
  'a batch of requests, a notification, a response and a cancellation, on a session that is %s: an answer for each request, and for nothing else',
  async (where) => {
    const racing = new Racing();
    const { under, held } = racing;
    const id = await racing.open('2025-03-26');
    if (where === 'stored') await racing.rest(id);
    const batch = [
      mark('a', 'first'),
      NOTICE,
      ANSWER,
      hold('c'),
      PING,
      cancel('c'),
      mark('b', 'second'),
    ];
    const answers = await messagesOf(await racing.during(under.post(batch, id)));
    expect(answers).toHaveLength(4);
    expect(answers).toContainEqual(expect.objectContaining({ id: 'a', result: expect.anything() }));
    expect(answers).toContainEqual(expect.objectContaining({ id: 'b', result: expect.anything() }));
    expect(answers).toContainEqual({ jsonrpc: '2.0', id: 'ping', result: {} });
    // Cancelled in the same breath: all the same each request of a batch is answered.
    expect(answers).toContainEqual(expect.objectContaining({ id: 'c', error: expect.anything() }));
    expect(racing.called.filter((one) => one !== 'hold')).toEqual(['first', 'second']);
    expect(held.map(({ signal }) => signal.aborted)).toEqual(held.map(() => true));
    for (const one of held) one.answer('too late');
    expect((await under.runtime.get(id)).info().inFlight).toBe(0);
    // Its ids are free again.
    const again = await racing.during(under.post(mark('c', 'again'), id));
    expect(await messagesOf(again)).toMatchObject([{ id: 'c', result: {} }]);
    expect(under.errors).toEqual([]);
  },
);

test('a batch that cancels a call of another POST ends that one, and is answered itself', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open('2025-03-26');
  const running = under.post(hold('long'), id);
  await under.bench.settle();
  const batch = await racing.during(under.post([cancel('long'), mark('a', 'x'), NOTICE], id));
  expect(await messagesOf(batch)).toMatchObject([{ id: 'a', result: {} }]);
  expect(held[0]?.signal.aborted).toBe(true);
  expect((await running).status).toBe(200);
  expect(await messagesOf(await running)).toEqual([]);
  held[0]?.answer('too late');
});

test('a batch of notifications, responses and cancellations only is taken in, with nothing to say', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open('2025-03-26');
  const running = under.post(hold('long'), id);
  await under.bench.settle();
  const taken = await racing.during(under.post([NOTICE, ANSWER, cancel('long')], id));
  expect(taken.status).toBe(202);
  expect(await taken.text()).toBe('');
  expect(held[0]?.signal.aborted).toBe(true);
  await running;
  held[0]?.answer('too late');
});

test('a batch whose ids are in flight, or come twice, is refused whole: nothing of it is done', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open('2025-03-26');
  const running = under.post(hold('long'), id);
  await under.bench.settle();
  for (const batch of [
    [mark('a', 'x'), mark('long', 'y')],
    [mark('a', 'x'), cancel('long'), mark('a', 'y')],
  ]) {
    expect((await racing.during(under.post(batch, id))).status).toBe(400);
  }
  expect(racing.called).toEqual(['hold']);
  expect(held[0]?.signal.aborted).toBe(false);
  held[0]?.answer('done');
  await under.bench.settle();
  expect(await messagesOf(await running)).toMatchObject([{ id: 'long', result: {} }]);
});

test('a batch of a stored session that is deleted meanwhile has an answer for each of its requests', async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open('2025-03-26');
  await racing.rest(id);
  const asked = under.post([hold('a'), NOTICE, hold('b'), mark('c', 'done')], id);
  await under.bench.advance(200);
  expect(held).toHaveLength(2);
  expect((await racing.during(under.delete(id))).status).toBe(200);
  const answers = await messagesOf(await asked);
  expect(answers).toHaveLength(3);
  for (const gone of ['a', 'b']) {
    const data = { code: 'ERR_HOLDFAST_TERMINATED', retryable: false };
    const error = expect.objectContaining({ data });
    expect(answers).toContainEqual(expect.objectContaining({ id: gone, error }));
  }
  expect(answers).toContainEqual(expect.objectContaining({ id: 'c', result: expect.anything() }));
  for (const one of held) one.answer('too late');
});
