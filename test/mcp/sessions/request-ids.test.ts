import { expect, test } from 'vitest';
import { call, endpointUnderTest, messagesOf, STREAM } from './endpoint-under-test.ts';

const ping = (id: string | number) => ({ jsonrpc: '2.0', id, method: 'ping' });
const cancel = (requestId: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

type Under = ReturnType<typeof endpointUnderTest>;

const inFlight = async (under: Under, id: string): Promise<number> => {
  await under.clock.settle();
  return (await under.runtime.get(id)).info().inFlight;
};

test('a request id that awaits its answer cannot be used for another request', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const first = await under.post(call(7, 'hold'), id);
  expect((await under.post(call(7, 'echo', { text: 'x' }), id)).status).toBe(400);
  expect((await under.post([call(8, 'echo'), call(8, 'echo')], id)).status).toBe(400);
  under.held[0]?.answer('the first');
  expect(await messagesOf(first)).toMatchObject([
    { id: 7, result: { content: [{ text: 'the first' }] } },
  ]);
});

test('nor for a ping: the call keeps its answer and its work ends', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const slow = await under.post(call(5, 'hold'), id);
  for (const body of [ping(5), [ping(6), ping(5)], [ping(6), ping(6)]]) {
    expect((await under.post(body, id)).status).toBe(400);
  }
  under.held[0]?.answer('not forgotten');
  expect(await messagesOf(slow)).toMatchObject([{ id: 5, result: {} }]);
  expect(await inFlight(under, id)).toBe(0);
});

test('a ping gives its id back once it is answered, whether or not the answer is read', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  await under.post(ping(1), id);
  await under.clock.settle();
  expect(await messagesOf(await under.post(ping(1), id))).toEqual([
    { jsonrpc: '2.0', id: 1, result: {} },
  ]);
  const next = await under.post(call(1, 'echo', { text: 'x' }), id);
  expect(await messagesOf(next)).toMatchObject([{ id: 1, result: {} }]);
});

test('a ping that the SDK refuses gives its id back', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-session-id': id,
  };
  const other = { ...headers, 'mcp-protocol-version': '1999-01-01' };
  expect((await under.send('POST', other, JSON.stringify(ping(1)))).status).toBe(400);
  expect((await under.send('POST', headers, JSON.stringify(ping(1)))).status).toBe(200);
});

test.each([
  ['after', (slow: object) => [slow, cancel('long')]],
  ['before', (slow: object) => [cancel('long'), slow]],
])('a cancellation in the batch of its request, %s it, ends its work', async (_, batch) => {
  const under = endpointUnderTest();
  const id = await under.open();
  const response = await under.post(batch(call('long', 'hold')), id);
  expect(await messagesOf(response)).toEqual([]);
  expect(await inFlight(under, id)).toBe(0);
  expect(under.held.map(({ signal }) => signal.aborted)).toEqual([true]);
});

test('a cancellation beside another request ends the work it names', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const slow = await under.post(call(8, 'hold'), id);
  const list = { jsonrpc: '2.0', id: 9, method: 'tools/list' };
  const listed = await under.post([list, cancel(8)], id);
  expect(await messagesOf(listed)).toMatchObject([{ id: 9, result: {} }]);
  expect(await messagesOf(slow)).toEqual([]);
  expect(under.held[0]?.signal.aborted).toBe(true);
  expect(await inFlight(under, id)).toBe(0);
});

test('a request of a batch that is cancelled does not take the answers of the others along', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const batch = [call(1, 'echo', { text: 'quick' }), call(2, 'hold'), call(3, 'hold')];
  const response = await under.post(batch, id);
  await under.clock.settle();
  // The first one is answered already: cancelling it changes nothing.
  for (const requestId of [1, 2]) await under.post(cancel(requestId), id);
  under.held[1]?.answer('the other');
  const answers = await messagesOf(response);
  expect(answers).toHaveLength(3);
  expect(answers).toContainEqual(expect.objectContaining({ id: 1, result: expect.anything() }));
  expect(answers).toContainEqual(expect.objectContaining({ id: 2, error: expect.anything() }));
  expect(answers).toContainEqual(expect.objectContaining({ id: 3, result: expect.anything() }));
  expect(await inFlight(under, id)).toBe(0);
});

test('the last one of a batch to be cancelled ends it without an answer', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const response = await under.post([call(1, 'echo', { text: 'quick' }), call(2, 'hold')], id);
  await under.clock.settle();
  await under.post(cancel(2), id);
  expect(await messagesOf(response)).toMatchObject([{ id: 1, result: {} }]);
  expect(await inFlight(under, id)).toBe(0);
});

test('what a batch has answered is not answered again when its time is up', async () => {
  const under = endpointUnderTest({}, { ...STREAM, requestTimeoutMs: 5_000 });
  const id = await under.open();
  const response = await under.post([call(1, 'echo', { text: 'quick' }), call(2, 'hold')], id);
  await under.clock.advance(5_001);
  const answers = await messagesOf(response);
  expect(answers).toHaveLength(2);
  expect(answers).toMatchObject([
    { id: 1, result: {} },
    { id: 2, error: {} },
  ]);
});
