import { expect, test } from 'vitest';
import { Fenced, LIMITS, type Session, StoreError } from '../../../src/index.ts';
import {
  faultyRuntime,
  openWork,
  recordOf,
  rejectionOf,
  standing,
  TICK,
  toldOf,
  toldOfItself,
} from '../fixture.ts';

// Fail forward: the chart has moved before the store answers, and a failed commit never moves it back.

const begun = async (faults: Parameters<typeof faultyRuntime>[0] = {}) => {
  const { clock, runtime, store, memory, events } = faultyRuntime(faults);
  const session = await runtime.create({ principal: 'ada', beats: 'off' });
  const told = () => toldOf(events, session.id).slice(3);
  return { clock, runtime, store, memory, events, session, told };
};

/** Another owner takes the record: from now on this process's commits are fenced. */
const takeOver = async ({
  memory,
  session,
}: {
  memory: Awaited<ReturnType<typeof begun>>['memory'];
  session: Session;
}) => {
  await memory.release(await recordOf(memory, session.id));
  await memory.claim(session.id, 'another process');
};

test('a store that fails once: the caller is told, the chart stays ahead, and the change is recorded later', async () => {
  const world = await begun();
  const { clock, runtime, store, memory, session, told } = world;
  store.break('fail');
  const error = await rejectionOf(session.pause());
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ durable: false, retryable: true });
  expect(session.state).toBe('active');
  expect(session.info().state).toBe('active');
  expect(session.actor.getSnapshot().value).toBe('paused');
  expect(told()).toEqual([]);
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(session.state).toBe('paused');
  expect(told()).toEqual(['active>paused', 'paused']);
  expect((await recordOf(memory, session.id)).state).toBe('paused');
  expect(toldOfItself(world.events)).toEqual(['runtime.store-failing', 'runtime.store-recovered']);
  expect(runtime.stats().resident).toBe(1);
});

test('that the store fails is told once, with the error, and once more when it has recovered', async () => {
  const { clock, runtime, store, session, events } = await begun();
  const other = await runtime.create({ principal: 'ada' });
  store.break('fail');
  const calls = [rejectionOf(session.pause()), rejectionOf(other.pause())];
  await Promise.all(calls);
  await clock.advance(5_000);
  expect(toldOfItself(events)).toEqual(['runtime.store-failing']);
  expect(events.find((event) => event.type === 'runtime.store-failing')).toHaveProperty(
    'error.message',
    'commit was made to fail',
  );
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect(toldOfItself(events)).toEqual(['runtime.store-failing', 'runtime.store-recovered']);
  expect([session.state, other.state]).toEqual(['paused', 'paused']);
});

test('tries come ever further apart, up to half a minute, and never stop', async () => {
  const { clock, store, session } = await begun({
    only: (method) => method === 'commit',
  });
  const tries: number[] = [];
  store.break('fail');
  let seen = store.failed;
  rejectionOf(session.pause());
  for (let passed = 0; passed < 110_000; passed += 10) {
    await clock.advance(10);
    if (store.failed > seen) tries.push(clock.mono());
    seen = store.failed;
  }
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  const full = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000];
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeLessThanOrEqual((full[index] ?? 30_000) + 10);
    expect(wait).toBeGreaterThanOrEqual((full[index] ?? 30_000) * 0.9 - 10);
  }
  expect(waits.length).toBeGreaterThanOrEqual(9);
});

test('once the store has recovered, the next failure is tried again soon', async () => {
  const { clock, store, session } = await begun({ only: (method) => method === 'commit' });
  store.break('fail');
  await rejectionOf(session.pause());
  await clock.advance(5_000);
  store.heal();
  await clock.advance(10_000);
  expect(session.state).toBe('paused');
  store.break('fail');
  await rejectionOf(session.resume());
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(session.state).toBe('active');
});

test('a new call is a new try, and carries what failed before', async () => {
  const { store, memory, session, told } = await begun();
  store.break('fail');
  await rejectionOf(session.pause());
  store.heal();
  await session.resume();
  expect(session.state).toBe('active');
  expect(told()).toEqual(['active>paused', 'paused', 'paused>active', 'resumed']);
  expect((await recordOf(memory, session.id)).state).toBe('active');
});

test('pause on a session whose pause is not recorded yet waits for the record', async () => {
  const { clock, store, session } = await begun();
  store.break('stall');
  const first = session.pause();
  const second = session.pause();
  expect((await standing(clock, second)).is).toBe('pending');
  store.heal();
  await Promise.all([first, second]);
  expect(session.state).toBe('paused');
});

test('pause again after a failed one tries again', async () => {
  const { store, session } = await begun();
  store.break('fail');
  await rejectionOf(session.pause());
  expect(await rejectionOf(session.pause())).toBeInstanceOf(StoreError);
  store.heal();
  await session.pause();
  expect(session.state).toBe('paused');
});

test('one commit is in flight per session, and what is asked for meanwhile goes into the next', async () => {
  const { clock, runtime, store } = faultyRuntime({ delayMs: [40, 40] });
  const created = runtime.create();
  await clock.advance(40);
  const session = await created;
  const before = store.calls;
  const calls = [session.pause(), session.resume(), session.pause(), session.resume()];
  await clock.advance(39);
  expect(store.calls).toBe(before + 1);
  await clock.advance(41);
  await Promise.all(calls);
  expect(store.calls).toBe(before + 2);
  expect(session.state).toBe('active');
});

test('an end during a failing store: all stops at once, and it is recorded when the store recovers', async () => {
  const { clock, runtime, store, memory, session, told } = await begun();
  const work = openWork(session);
  const { signal } = session;
  store.break('fail');
  const error = await rejectionOf(session.terminate('operator'));
  expect(error).toMatchObject({ name: 'StoreError', durable: false, retryable: true });
  expect([work.aborted(), signal.aborted]).toEqual([true, true]);
  expect(await rejectionOf(session.touch())).toMatchObject({ reason: 'operator' });
  expect([session.state, session.info().reason]).toEqual(['active', null]);
  expect(told()).not.toContain('ended:operator');
  expect(runtime.stats().resident).toBe(1);
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'operator' });
  expect(told().slice(-3)).toEqual([
    'active>terminating',
    'terminating>terminated',
    'ended:operator',
  ]);
  expect((await recordOf(memory, session.id)).session.reason).toBe('operator');
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { operator: 1 } });
});

test('a deadline that ends a session while the store fails is recorded later, unasked', async () => {
  const { clock, store, session } = await begun();
  store.break('fail');
  await clock.advance(60_000 + TICK);
  expect(session.state).toBe('idle');
  expect(session.signal.aborted).toBe(true);
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(session.info().reason).toBe('idle-timeout');
});

test('an answer that was lost after the commit is found, and nothing is done twice', async () => {
  const { store, memory, session, told } = await begun({ only: (method) => method === 'commit' });
  const calls = store.calls;
  store.break('lose-answer');
  await session.pause();
  expect(session.state).toBe('paused');
  expect(told()).toEqual(['active>paused', 'paused']);
  expect((await recordOf(memory, session.id)).state).toBe('paused');
  expect(store.calls).toBe(calls + 2);
});

test('a request that was lost is told as a failure and made again', async () => {
  const { clock, store, memory, session, told } = await begun({
    only: (method) => method === 'commit',
  });
  store.break('lose-request');
  expect(await rejectionOf(session.pause())).toMatchObject({ durable: false, retryable: true });
  expect(told()).toEqual([]);
  expect((await recordOf(memory, session.id)).state).toBe('active');
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect((await recordOf(memory, session.id)).state).toBe('paused');
  expect(told()).toEqual(['active>paused', 'paused']);
});

test.each(['lose-answer', 'lose-request'] as const)(
  '%s, and the store cannot be asked either: it is asked again until it answers',
  async (fault) => {
    const { clock, store, memory, session, told } = await begun();
    store.break(fault);
    expect(await rejectionOf(session.pause())).toBeInstanceOf(StoreError);
    await clock.advance(2_000);
    expect(session.state).toBe('active');
    store.heal();
    await clock.advance(5_000);
    expect(session.state).toBe('paused');
    expect(told()).toEqual(['active>paused', 'paused']);
    expect((await recordOf(memory, session.id)).state).toBe('paused');
  },
);

test('a session that another owner has won is let go: no end, no event, and its slot is free', async () => {
  const world = await begun();
  const { clock, runtime, memory, session, told } = world;
  await takeOver(world);
  const error = await rejectionOf(session.pause());
  expect(error).toBeInstanceOf(Fenced);
  expect(told()).toEqual([]);
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: {} });
  expect(await rejectionOf(session.touch())).toBeInstanceOf(Fenced);
  expect(await rejectionOf(session.terminate())).toBeInstanceOf(Fenced);
  await clock.advance(2_000_000);
  expect(told()).toEqual([]);
  expect(session.info()).toMatchObject({ reason: null, residency: 'stored' });
  expect((await recordOf(memory, session.id)).owner).toBe('another process');
});

test('a record that is gone, found so after a lost answer, is a lost session too', async () => {
  const { store, memory, runtime, session, told } = await begun({
    only: (method) => method === 'commit',
  });
  store.break('lose-request');
  await memory.remove(await recordOf(memory, session.id));
  expect(await rejectionOf(session.pause())).toBeInstanceOf(Fenced);
  expect([runtime.stats().resident, told()]).toEqual([0, []]);
});

test('a record that nobody holds any more, found so after a lost answer, is lost as well', async () => {
  const { store, memory, runtime, session, told } = await begun({
    only: (method) => method === 'commit',
  });
  store.break('lose-request');
  await memory.release(await recordOf(memory, session.id));
  expect(await rejectionOf(session.pause())).toBeInstanceOf(Fenced);
  expect([runtime.stats().resident, told()]).toEqual([0, []]);
});

test('work that runs in a session that was lost is aborted, and the runtime goes on', async () => {
  const world = await begun();
  const { clock, runtime, session, told } = world;
  const work = openWork(session, { timeoutMs: 'off' });
  const { signal } = session;
  const waiting = rejectionOf(session.waitFor('idle'));
  await takeOver(world);
  await rejectionOf(session.pause());
  expect([work.aborted(), signal.aborted]).toEqual([true, true]);
  expect(await rejectionOf(work.result)).toBeInstanceOf(Fenced);
  expect(await waiting).toBeInstanceOf(Fenced);
  expect(await rejectionOf(session.waitFor('idle'))).toBeInstanceOf(Fenced);
  expect(told()).toEqual(['operation-started']);
  // Long enough for each of its deadlines to fall due, were it still watched.
  await clock.advance(100_000);
  const other = await runtime.create();
  expect(await other.run('x', () => 1)).toBe(1);
});
