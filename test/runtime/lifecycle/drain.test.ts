import { expect, test } from 'vitest';
import {
  createMemoryStore,
  DrainingError,
  InvalidOptionError,
  LIMITS,
  mintSessionId,
  type Store,
} from '../../../src/index.ts';
import {
  faultyRuntime,
  openWork,
  quietRuntime,
  rejectionOf,
  standing,
  toldOf,
  toldOfItself,
} from '../fixture.ts';

const withSessions = async (count = 3) => {
  const store = createMemoryStore();
  const { clock, runtime, events } = quietRuntime({ store });
  const sessions = [];
  for (let made = 0; made < count; made += 1) sessions.push(await runtime.create());
  return { clock, runtime, events, store, sessions };
};

test('every session ends with shutdown, and the report says so', async () => {
  const { clock, runtime, events, store, sessions } = await withSessions();
  await sessions[0]?.pause();
  await sessions[1]?.terminate();
  const closed: boolean[] = [];
  const close = store.close.bind(store);
  store.close = async () => {
    for (const { id } of sessions) closed.push((await store.load(id))?.state === 'terminated');
    await close();
  };
  const report = await runtime.drain();
  expect(report).toEqual({ ended: 2, hibernated: 0, aborted: 0, left: [], tookMs: 0 });
  expect(closed).toEqual([true, true, true]);
  expect(sessions.map((session) => session.info().reason)).toEqual([
    'shutdown',
    'client',
    'shutdown',
  ]);
  expect(toldOf(events, sessions[0]?.id ?? '').slice(-1)).toEqual(['ended:shutdown']);
  expect(toldOfItself(events)).toEqual(['runtime.draining']);
  expect(runtime.stats()).toMatchObject({ state: 'stopped', resident: 0, ended: { shutdown: 2 } });
  expect(clock.pending).toBe(0);
});

test('the store is closed, and nothing runs afterwards', async () => {
  const { clock, runtime, events } = await withSessions();
  await runtime.drain();
  const told = events.length;
  await clock.advance(10_000_000);
  expect(events.length).toBe(told);
  expect(await rejectionOf(runtime.list())).toMatchObject({ code: 'ERR_HOLDFAST_STORE' });
});

test('twice joins the running drain', async () => {
  const { clock, runtime, sessions } = await withSessions();
  const work = sessions[0] && openWork(sessions[0]);
  const [first, second] = [runtime.drain(), runtime.drain({ operationsMs: 0 })];
  await clock.advance(1_000);
  expect((await standing(clock, second)).is).toBe('pending');
  work?.finish('x');
  expect(await second).toBe(await first);
  expect(await runtime.drain({ operationsMs: 5 })).toBe(await first);
});

test('it takes nothing new: creates and work are refused with DrainingError, the rest goes on', async () => {
  const { clock, runtime, sessions } = await withSessions(1);
  const [session] = sessions;
  if (session === undefined) throw new Error('no session');
  const work = openWork(session);
  const drained = runtime.drain();
  expect(runtime.stats().state).toBe('draining');
  for (const refused of [runtime.create(), session.run('x', () => 1)]) {
    const error = await rejectionOf(refused);
    expect(error).toBeInstanceOf(DrainingError);
    expect(error).toMatchObject({ retryable: true, retryAfterMs: LIMITS.retryAfterMs });
  }
  await session.touch();
  session.beat();
  expect((await runtime.get(session.id)).state).toBe('active');
  work.finish('x');
  await clock.settle();
  await drained;
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(DrainingError);
  expect(runtime.stats().refused).toBe(2);
});

test('running work has its time, and the drain goes on as soon as it is done', async () => {
  const { clock, runtime, sessions } = await withSessions();
  const works = sessions.map((session) => openWork(session));
  const drained = runtime.drain();
  await clock.advance(14_999);
  expect(works.map((work) => work.aborted())).toEqual([false, false, false]);
  for (const work of works) work.finish('done');
  expect(await drained).toEqual({ ended: 3, hibernated: 0, aborted: 0, left: [], tookMs: 14_999 });
  expect(await Promise.all(works.map((work) => work.result))).toEqual(['done', 'done', 'done']);
});

test('then its signal, and the report counts what was aborted', async () => {
  const { clock, runtime, sessions } = await withSessions();
  const works = sessions.slice(0, 2).map((session) => openWork(session, { timeoutMs: 'off' }));
  const drained = runtime.drain();
  await clock.advance(15_000);
  expect(await drained).toEqual({ ended: 3, hibernated: 0, aborted: 2, left: [], tookMs: 15_000 });
  for (const work of works) {
    expect(work.aborted()).toBe(true);
    expect(await rejectionOf(work.result)).toMatchObject({ reason: 'shutdown' });
  }
  expect(clock.pending).toBe(0);
});

test('operationsMs is how long that is; close gives none, and so does await using', async () => {
  const short = await withSessions(1);
  const work = short.sessions[0] && openWork(short.sessions[0]);
  const drained = short.runtime.drain({ operationsMs: 700 });
  await short.clock.advance(699);
  expect(work?.aborted()).toBe(false);
  await short.clock.advance(1);
  expect(await drained).toMatchObject({ aborted: 1, tookMs: 700 });
  const closed = await withSessions(1);
  if (closed.sessions[0]) openWork(closed.sessions[0]);
  expect(await closed.runtime.close()).toMatchObject({ ended: 1, aborted: 1, tookMs: 0 });
});

test('await using drains at the end of its block', async () => {
  const { clock, runtime, sessions } = await withSessions(1);
  {
    await using held = runtime;
    expect(held.stats().state).toBe('accepting');
    if (sessions[0]) openWork(sessions[0]);
  }
  expect(sessions[0]?.info().reason).toBe('shutdown');
  expect(clock.pending).toBe(0);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5', null])(
  'operationsMs of %j is refused, and nothing is drained',
  async (operationsMs) => {
    const { runtime } = await withSessions();
    const error = await rejectionOf(runtime.drain({ operationsMs: operationsMs as number }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'operationsMs', value: operationsMs });
    expect(runtime.stats().state).toBe('accepting');
  },
);

test('silence deadlines are frozen meanwhile', async () => {
  const { clock, runtime, events } = quietRuntime({
    deadlines: { idleAfterMs: 500, idleTimeoutMs: 1_000, heartbeatIntervalMs: 400 },
  });
  const quiet = await runtime.create({ beats: 'required' });
  const busy = await runtime.create();
  openWork(busy, { timeoutMs: 'off' });
  const drained = runtime.drain();
  await clock.advance(14_000);
  expect(quiet.state).toBe('active');
  expect(toldOf(events, quiet.id)).not.toContain('late');
  await clock.advance(1_000);
  await drained;
  expect(quiet.info().reason).toBe('shutdown');
});

test('a create under way when the drain begins is ended with the others', async () => {
  const { clock, runtime, memory, events } = faultyRuntime({ delayMs: [40, 40] });
  const id = mintSessionId();
  const created = rejectionOf(runtime.create({ id }));
  const drained = runtime.drain();
  await clock.advance(40);
  expect(await created).toMatchObject({ code: 'ERR_HOLDFAST_TERMINATED', reason: 'shutdown' });
  const load = memory.load.bind(memory);
  await clock.advance(40);
  expect(await drained).toMatchObject({ ended: 1, left: [] });
  expect(toldOf(events, id).at(-1)).toBe('ended:shutdown');
  expect(await rejectionOf(load(id))).toMatchObject({ code: 'ERR_HOLDFAST_STORE' });
});

test('a create that fails while the drain waits for it does not hold it', async () => {
  const { clock, runtime, store } = faultyRuntime({ delayMs: [40, 40] });
  store.break('fail');
  const created = rejectionOf(runtime.create());
  const drained = runtime.drain();
  await clock.advance(40);
  expect(await created).toMatchObject({ code: 'ERR_HOLDFAST_TERMINATED', reason: 'shutdown' });
  expect(await drained).toMatchObject({ ended: 0, left: [], tookMs: 40 });
});

test('a store that never answers cannot hold it: what was not recorded is named', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const stuck = await runtime.create();
  store.break('stall');
  const drained = runtime.drain();
  await clock.advance(20_000 - 1);
  expect((await standing(clock, drained)).is).toBe('pending');
  await clock.advance(1);
  expect(await drained).toMatchObject({ ended: 0, aborted: 0, left: [stuck.id], tookMs: 20_000 });
  await clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

test('a store that always fails cannot hold it either, and is not tried for ever', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  const closed = runtime.close();
  await clock.advance(5_000);
  expect(await closed).toMatchObject({ ended: 0, aborted: 0, left: [session.id], tookMs: 5_000 });
  const { calls } = store;
  await clock.advance(500_000);
  expect([clock.pending, store.calls]).toEqual([0, calls]);
});

test('a commit that fails after the drain has given up on it is not tried again', async () => {
  const { clock, runtime, store, memory } = faultyRuntime({ delayMs: [60_000, 60_000] });
  const created = runtime.create();
  await clock.advance(60_000);
  await created;
  store.break('fail');
  const closed = runtime.close();
  await clock.advance(5_000);
  expect((await closed).left).toHaveLength(1);
  await clock.advance(600_000);
  expect(clock.pending).toBe(0);
  expect(memory.durable).toBe(false);
});

test('a store that recovers in time loses nothing', async () => {
  const { clock, runtime, store } = faultyRuntime();
  await runtime.create();
  store.break('fail');
  const drained = runtime.drain();
  await clock.advance(3_000);
  store.heal();
  await clock.advance(17_000);
  expect(await drained).toMatchObject({ ended: 1, left: [] });
  expect(clock.pending).toBe(0);
});

test('a store that does not come to close cannot hold it', async () => {
  const { clock, runtime, store, events } = await withSessions();
  const hung: Store['close'] = () => new Promise(() => undefined);
  store.close = hung;
  const closed = runtime.close();
  await clock.advance(5_000);
  expect((await standing(clock, closed)).is).toBe('resolved');
  expect(events.at(-1)).toMatchObject({ type: 'runtime.error', where: 'closing the store' });
  expect(clock.pending).toBe(0);
});

test('a store that fails to close is told, and the drain is done', async () => {
  const { runtime, store, events } = await withSessions();
  store.close = () => Promise.reject(new Error('stuck lid'));
  expect(await runtime.close()).toMatchObject({ left: [] });
  expect(events.at(-1)).toMatchObject({ type: 'runtime.error', where: 'closing the store' });
});

test('only the ends by shutdown are counted as such', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const [mine, theirs] = [await runtime.create(), await runtime.create()];
  store.break('fail');
  await rejectionOf(mine.terminate());
  const drained = runtime.drain();
  store.heal();
  await clock.advance(15_000);
  expect(await drained).toMatchObject({ ended: 1, left: [] });
  expect([mine, theirs].map((one) => one.info().reason)).toEqual(['client', 'shutdown']);
});

test('nothing of a create whose answer was lost stays on the clock', async () => {
  const { clock, runtime, store } = faultyRuntime();
  store.break('lose-answer');
  await rejectionOf(runtime.create());
  await runtime.close();
  expect(clock.pending).toBe(0);
});

test('thousands of sessions are ended without keeping the loop', async () => {
  const { clock, runtime } = await withSessions(LIMITS.sweepTurn * 2 + 5);
  const drained = runtime.drain();
  let endedInOneTurn = 0;
  clock.scheduler.schedule(() => {
    endedInOneTurn = runtime.stats().ended.shutdown ?? 0;
  });
  await clock.advance(0);
  expect(endedInOneTurn).toBe(LIMITS.sweepTurn);
  expect(await drained).toMatchObject({ ended: LIMITS.sweepTurn * 2 + 5, left: [] });
});
