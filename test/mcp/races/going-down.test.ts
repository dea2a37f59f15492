import { expect, test } from 'vitest';
import { messagesOf } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';
import { hold, LIST_CHANGED, progressIn, Racing, REVISION } from './racing.ts';

// The process goes down, or loses a session, while calls run and streams are open.

const PING = { jsonrpc: '2.0', id: 'ping', method: 'ping' };

/** The next process is over the same disk, and has looked through it. */
const restarted = async ({ under }: Racing): Promise<void> => {
  await under.restart();
  await under.bench.advance(400);
};

/** A call that runs and has said something, a stream that has heard something. */
const busy = async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open();
  const standing = await racing.listen(id);
  const asked = under.post(hold(1), id, REVISION);
  await under.bench.settle();
  const [call] = held;
  if (call === undefined) throw new Error('It does not run.');
  await call.progress(1);
  const running = new Reading(await asked);
  await racing.say();
  return { racing, under, id, standing, running, call };
};

test('a drain lets a call finish: its answer comes, its stream and the standing one end, and both can be resumed in the next process', async () => {
  const { racing, under, id, standing, running, call } = await busy();
  const drained = under.runtime.drain();
  await under.bench.advance(5_000);
  // It still runs, and says on.
  await call.progress(2);
  await racing.say();
  call.answer('in time');
  await racing.during(drained, 5_000);
  expect(progressIn(running)).toEqual([1, 2]);
  expect(running).toMatchObject({ ended: true });
  expect(running.messages.at(-1)).toMatchObject({
    id: 1,
    result: { content: [{ text: 'in time' }] },
  });
  expect(standing).toMatchObject({ ended: true });
  const heard = standing.messages.length;
  expect(heard).toBeGreaterThan(0);
  await restarted(racing);

  // What each of them had last, as if the rest had been lost on its way.
  const resumed = await racing.listen(id, running.eventIds[1]);
  expect(progressIn(resumed)).toEqual([2]);
  expect(resumed.messages.at(-1)).toMatchObject({ id: 1, result: {} });
  expect(resumed.ended).toBe(true);
  const first = standing.eventIds.find((eventId) => !eventId.endsWith('_0')) ?? '';
  const again = await racing.listen(id, first);
  expect(again.messages).toEqual(Array.from({ length: 1 }, () => LIST_CHANGED));
  expect(again.ended).toBe(false);
  expect(await under.residency(id)).toBe('stored');
});

test('a drain that cannot wait: the call is aborted and answered, and that too can be read in the next process', async () => {
  const { racing, under, id, running, standing, call } = await busy();
  await racing.during(under.runtime.drain({ operationsMs: 100 }), 5_000);
  expect(call.signal.aborted).toBe(true);
  expect(running.ended).toBe(true);
  expect(running.messages.at(-1)).toMatchObject({
    id: 1,
    error: { data: { code: 'ERR_HOLDFAST_ABORTED' } },
  });
  expect(standing.ended).toBe(true);
  call.answer('too late');
  await restarted(racing);
  const resumed = await racing.listen(id, running.eventIds[1]);
  expect(resumed.messages).toEqual(running.messages.slice(-1));
  expect(await under.residency(id)).toBe('stored');
});

test('requests that come during a drain are told to come again, and end nothing', async () => {
  const { racing, under, id, running, call } = await busy();
  const drained = under.runtime.drain();
  await under.bench.settle();
  expect((await racing.get(id)).status).toBe(503);
  const refused = await under.post(hold(2), id);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(call.signal.aborted).toBe(false);
  call.answer('in time');
  await racing.during(drained, 5_000);
  expect(running.messages.at(-1)).toMatchObject({ id: 1, result: {} });
  expect(racing.called).toEqual(['hold']);
});

test('close of the endpoint while a call runs: it is answered with an error, all streams end, and the session goes on in the next endpoint', async () => {
  const { racing, under, id, standing, running, call } = await busy();
  await under.endpoint.close();
  await under.bench.settle();
  expect(running).toMatchObject({ ended: true });
  expect(running.messages.at(-1)).toMatchObject({ id: 1, error: {} });
  expect(standing.ended).toBe(true);
  expect(call.signal.aborted).toBe(true);
  expect(racing.closed).toEqual([0]);
  for (const late of [under.post(PING, id), under.get(id), under.delete(id)]) {
    expect((await late).status).toBe(503);
  }
  call.answer('too late');
  await restarted(racing);
  const told = await racing.during(under.post(PING, id));
  expect(await messagesOf(told)).toMatchObject([{ id: 'ping', result: {} }]);
});

test('a crash while a call runs and streams are open: the session is there, and nothing of the streams comes twice or from elsewhere', async () => {
  const { racing, under, id, standing, running, call } = await busy();
  under.crash();
  await under.bench.advance(400);
  expect(standing.ended).toBe(true);
  const gone = await racing.get(id, running.eventIds[1]);
  expect(gone.status).toBe(204);
  const again = await racing.listen(id, standing.eventIds.at(-1));
  expect(again).toMatchObject({ ended: false, messages: [] });
  await racing.during(under.post(PING, id));
  call.answer('to nobody');
});

/** Another process takes the session, which is found out with its next record. */
const takenOver = async (racing: Racing, id: string): Promise<unknown> => {
  const { under } = racing;
  const session = await under.runtime.get(id);
  const { store } = under.bench;
  const taken = (async () => {
    const record = await store.load(id);
    if (record === null) throw new Error('It is not there.');
    await store.release(record);
    await store.claim(id, 'another process');
  })();
  await racing.during(taken);
  return racing.during(session.pause().catch((error: unknown) => error));
};

test.each([true, false])(
  'a session that another process has taken while its stream is open: its call is aborted (there is one: %s), and its server is closed',
  async (isBusy) => {
    const { racing, under, id, running, call } = await busy();
    if (!isBusy) call.answer('before that');
    await under.bench.settle();
    expect(await takenOver(racing, id)).toMatchObject({ name: 'Fenced' });
    expect(call.signal.aborted).toBe(isBusy);
    expect(running.ended).toBe(true);
    const told = isBusy ? { id: 1, error: {} } : { id: 1, result: {} };
    expect(running.messages.at(-1)).toMatchObject(told);
    expect(racing.closed).toEqual([0]);
    expect(under.endpoint.connections).toBe(0);
    // Its end is not for this process to tell, and it may be there again.
    expect(under.runtime.stats().ended).toEqual({});
    const asked = await racing.during(under.post(hold(2), id));
    expect(asked.status).not.toBe(404);
    expect(racing.called).toEqual(['hold']);
    call.answer('too late');
    under.crash();
  },
);

/** The stream of a session that another process has taken, and this one's endpoint. */
const streamOfTaken = async (isBusy: boolean) => {
  const { racing, under, id, standing, call } = await busy();
  if (!isBusy) call.answer('before that');
  await under.bench.settle();
  await takenOver(racing, id);
  call.answer('too late');
  const found = { ended: standing.ended, streams: under.endpoint.streams };
  under.crash();
  return found;
};

test.each([true, false])(
  'the stream of a session that another process has taken ends (a call runs in it: %s)',
  async (isBusy) => {
    expect(await streamOfTaken(isBusy)).toEqual({ ended: true, streams: 0 });
  },
);
