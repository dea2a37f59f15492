import { expect, test } from 'vitest';
import { durableEndpoint } from './durable-endpoint.ts';
import {
  call,
  type EndpointUnderTest,
  endpointUnderTest,
  messagesOf,
} from './endpoint-under-test.ts';

// Requests that wait for their place: others of their session run, or it is being woken.

const cancel = (requestId: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

/** A session with one place, which a call has. */
const busy = async (): Promise<{
  under: EndpointUnderTest;
  id: string;
  first: Promise<Response>;
}> => {
  const under = endpointUnderTest({ maxConcurrentOperations: 1 });
  const id = await under.open();
  const first = under.post(call('first', 'hold'), id);
  await under.clock.settle();
  return { under, id, first };
};

const inFlight = async ({ runtime }: EndpointUnderTest, id: string): Promise<number> =>
  (await runtime.get(id)).info().inFlight;

test('a call that waits is cancelled before it begins, without an answer, and gives its place up', async () => {
  const { under, id, first } = await busy();
  const waiting = under.post(call('second', 'hold'), id);
  await under.clock.settle();
  expect(await inFlight(under, id)).toBe(2);
  expect((await under.post(cancel('second'), id)).status).toBe(202);
  expect(await messagesOf(await waiting)).toEqual([]);
  expect(await inFlight(under, id)).toBe(1);
  under.held[0]?.answer('done');
  expect(await messagesOf(await first)).toMatchObject([{ id: 'first', result: {} }]);
  await under.clock.settle();
  expect(under.held).toHaveLength(1);
  // Its id is free again.
  const next = under.post(call('second', 'echo', { text: 'x' }), id);
  expect(await messagesOf(await next)).toMatchObject([{ id: 'second', result: {} }]);
});

test('of a batch that waits only what was cancelled is not done; each request has an answer', async () => {
  const { under, id, first } = await busy();
  const batch = [call(1, 'hold'), call(2, 'echo', { text: 'x' }), call(3, 'hold')];
  const waiting = under.post(batch, id);
  await under.clock.settle();
  for (const requestId of [1, 3, 3]) await under.post(cancel(requestId), id);
  under.held[0]?.answer('done');
  await first;
  const answers = await messagesOf(await waiting);
  expect(answers).toHaveLength(3);
  expect(answers).toContainEqual(expect.objectContaining({ id: 1, error: expect.anything() }));
  expect(answers).toContainEqual(expect.objectContaining({ id: 2, result: expect.anything() }));
  expect(answers).toContainEqual(expect.objectContaining({ id: 3, error: expect.anything() }));
  expect(under.held).toHaveLength(1);
  await under.clock.settle();
  expect(await inFlight(under, id)).toBe(0);
});

test('a batch that waits and is cancelled whole is answered with an error for each', async () => {
  const { under, id } = await busy();
  const waiting = under.post([call(1, 'hold'), call(2, 'hold')], id);
  await under.clock.settle();
  for (const requestId of [1, 2]) await under.post(cancel(requestId), id);
  expect(await messagesOf(await waiting)).toMatchObject([
    { id: 1, error: { message: 'Cancelled' } },
    { id: 2, error: { message: 'Cancelled' } },
  ]);
  expect(await inFlight(under, id)).toBe(1);
});

test('the id of a call that waits, or of the one it waits for, cannot be used for another request', async () => {
  const { under, id } = await busy();
  const waiting = under.post(call('second', 'hold'), id);
  await under.clock.settle();
  const ping = { jsonrpc: '2.0', id: 'second', method: 'ping' };
  for (const body of [
    call('first', 'hold'),
    call('second', 'hold'),
    [call('third', 'hold'), call('second', 'hold')],
    [call('third', 'hold'), call('third', 'hold')],
    ping,
  ]) {
    expect((await under.post(body, id)).status).toBe(400);
  }
  expect(await inFlight(under, id)).toBe(2);
  under.held[0]?.answer('done');
  await under.clock.settle();
  under.held[1]?.answer('the second');
  expect(await messagesOf(await waiting)).toMatchObject([
    { id: 'second', result: { content: [{ text: 'the second' }] } },
  ]);
  expect(under.held).toHaveLength(2);
});

test('another session may use the same id meanwhile', async () => {
  const { under, id } = await busy();
  void under.post(call('second', 'hold'), id);
  const other = await under.open();
  expect((await under.post(call('second', 'echo', { text: 'x' }), other)).status).toBe(200);
  await under.post(cancel('second'), other);
  expect(await inFlight(under, id)).toBe(2);
});

test('a call whose time is up while it waits gives its id back', async () => {
  const under = endpointUnderTest({ maxConcurrentOperations: 1 }, { requestTimeoutMs: 5_000 });
  const id = await under.open();
  void under.post(call('first', 'hold'), id);
  await under.clock.advance(4_000);
  const waiting = under.post(call('second', 'hold'), id);
  await (await under.runtime.get(id)).pause();
  await under.clock.advance(5_001);
  expect(await messagesOf(await waiting)).toMatchObject([{ id: 'second', error: {} }]);
  await (await under.runtime.get(id)).resume();
  const again = under.post(call('second', 'echo', { text: 'x' }), id);
  expect(await messagesOf(await again)).toMatchObject([{ id: 'second', result: {} }]);
});

test('a call that is cancelled while its session is being woken is not begun', async () => {
  const under = durableEndpoint({ syncMs: 20 });
  const opening = under.open();
  await under.bench.advance(200);
  const id = await opening;
  await under.rest(id);
  const add = (n: number) => call(n, 'note_add', { text: `note ${n}` });
  const both = [under.post(add(1), id), under.post(add(2), id)];
  const cancelled = under.post(cancel(1), id);
  await under.bench.advance(400);
  const [first, second] = await Promise.all(both);
  if (first === undefined || second === undefined) throw new Error('Both are answered.');
  expect(await messagesOf(first)).toEqual([]);
  expect((await messagesOf(second))[0]).toMatchObject({ id: 2, result: {} });
  expect((await cancelled).status).toBe(202);
  const [session] = [await under.runtime.get(id)];
  expect(JSON.stringify(session?.data)).toContain('note 2');
  expect(JSON.stringify(session?.data)).not.toContain('note 1');
});
