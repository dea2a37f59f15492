import { expect, test } from 'vitest';
import { durableEndpoint } from './durable-endpoint.ts';
import { call, endpointUnderTest, messagesOf, STREAM } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// What comes at the same time.

const add = (id: number, text: string) => call(id, 'note_add', { text });

test('a DELETE while a call runs: the call is aborted and answered, the session is gone', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const running = new Reading(await under.post(call(1, 'hold'), id));
  const deleted = await under.send('DELETE', { 'mcp-session-id': id });
  expect(deleted.status).toBe(200);
  await under.clock.settle();
  expect(running).toMatchObject({
    ended: true,
    messages: [{ id: 1, error: { data: { code: 'ERR_HOLDFAST_TERMINATED' } } }],
  });
  expect(under.held[0]?.signal.aborted).toBe(true);
  expect(under.endpoint.connections).toBe(0);
  // What it has to say after all goes nowhere.
  under.held[0]?.answer('too late');
  await under.clock.settle();
  expect((await under.post(call(2, 'echo', { text: 'x' }), id)).status).toBe(404);
});

test('a DELETE while a call runs that is not a stream yet: the call is answered as JSON', async () => {
  const under = endpointUnderTest({}, { answers: 'auto' });
  const id = await under.open();
  const running = under.post(call(1, 'hold'), id);
  await under.clock.settle();
  expect((await under.send('DELETE', { 'mcp-session-id': id })).status).toBe(200);
  expect(await (await running).json()).toMatchObject({
    id: 1,
    error: { data: { code: 'ERR_HOLDFAST_TERMINATED' } },
  });
});

test('two POSTs racing a wake: one wake, one server, both answered', async () => {
  const under = durableEndpoint({ syncMs: 20, answers: 'auto' });
  const { bench } = under;
  const opening = under.open();
  await bench.advance(200);
  const id = await opening;
  await bench.advance(20_000);
  expect(await under.residency(id)).toBe('stored');
  const asked = [under.post(add(1, 'a'), id), under.post(add(2, 'b'), id)];
  await bench.advance(500);
  for (const one of asked) expect(await (await one).json()).toMatchObject({ result: {} });
  expect(under.made).toHaveLength(2);
  expect(under.runtime.stats().woken).toBe(1);
});

test('a DELETE racing the wake of its session: both are answered, and nothing is left', async () => {
  const under = durableEndpoint({ syncMs: 20, answers: 'auto' });
  const { bench } = under;
  const opening = under.open();
  await bench.advance(200);
  const id = await opening;
  await bench.advance(20_000);
  const asked = [under.post(add(1, 'a'), id), under.delete(id)] as const;
  await bench.advance(2_000);
  const [posted, deleted] = await Promise.all(asked);
  expect(deleted.status).toBe(200);
  expect([200, 404]).toContain(posted.status);
  expect(under.endpoint.connections).toBe(0);
  expect(under.runtime.stats().ended).toEqual({ client: 1 });
});

test('a stream that is opened while its session wakes hears what the new server says', async () => {
  const under = durableEndpoint({ syncMs: 20 });
  const { bench } = under;
  const opening = under.open();
  await bench.advance(200);
  const id = await opening;
  await bench.advance(20_000);
  const waking = under.post(add(1, 'a'), id);
  await bench.advance(5);
  const getting = under.get(id);
  await bench.advance(500);
  const stream = new Reading(await getting);
  await messagesOf(await waking);
  await under.made[1]?.server.sendToolListChanged();
  await bench.settle();
  expect(stream.messages).toMatchObject([{ method: 'notifications/tools/list_changed' }]);
  expect(under.made).toHaveLength(2);
});
