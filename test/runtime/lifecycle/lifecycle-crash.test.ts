import { expect, test } from 'vitest';
import type { SessionEventType } from '../../../machines/index.ts';
import { createMemoryStore, LIMITS, type Session } from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import {
  crashingOn,
  openRuntime,
  openWork,
  recordOf,
  rejectionOf,
  standing,
  TICK,
  toldOf,
} from '../fixture.ts';

// A session whose logic throws ends with `crashed`, and touches nobody else. No chart of ours throws; a user's may.

const begun = async (type: SessionEventType) => {
  const store = createMemoryStore();
  const { clock, runtime, events } = openRuntime({ store }, crashingOn(type));
  const neighbour = await runtime.create({ principal: 'ada', beats: 'off' });
  const session = await runtime.create({ principal: 'mallory', beats: 'off' });
  const told = () => toldOf(events, session.id).slice(3);
  return { clock, runtime, events, store, session, neighbour, told };
};

const CALLS: readonly [SessionEventType, (session: Session) => Promise<unknown>][] = [
  ['session.pause', (session) => session.pause()],
  ['session.terminate', (session) => session.terminate()],
];

test.each(CALLS)('a crash on %s ends the session once, as crashed', async (type, call) => {
  const { clock, runtime, store, session, neighbour, told } = await begun(type);
  const outcome = await call(session).then(
    (value) => value,
    (error: unknown) => error,
  );
  if (type === 'session.terminate') expect(outcome).toBe('crashed');
  else expect(outcome).toMatchObject({ code: 'ERR_HOLDFAST_TERMINATED', reason: 'crashed' });
  await clock.settle();
  expect(told()).toEqual(['active>terminating', 'terminating>terminated', 'ended:crashed']);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'crashed' });
  expect((await recordOf(store, session.id)).session.reason).toBe('crashed');
  expect(runtime.stats()).toMatchObject({ resident: 1, ended: { crashed: 1 } });
  expect(neighbour.state).toBe('active');
  expect(await neighbour.run('x', () => 1)).toBe(1);
});

test('a crash on resume', async () => {
  const { clock, session, told } = await begun('session.resume');
  await session.pause();
  expect(await rejectionOf(session.resume())).toMatchObject({ reason: 'crashed' });
  await clock.settle();
  expect(told().slice(2)).toEqual([
    'paused>terminating',
    'terminating>terminated',
    'ended:crashed',
  ]);
});

test('a crash on an activity', async () => {
  const { clock, session, told } = await begun('session.activity');
  await clock.advance(10_000 + TICK);
  await session.touch().catch(() => undefined);
  await clock.settle();
  expect(session.state).toBe('terminated');
  expect(told()).toEqual([
    'active>idle',
    'idle>terminating',
    'terminating>terminated',
    'ended:crashed',
  ]);
});

test('work that would start on a crashing activity is refused', async () => {
  const { clock, session } = await begun('session.activity');
  await clock.advance(10_000 + TICK);
  expect(await rejectionOf(session.run('x', () => 1))).toMatchObject({ reason: 'crashed' });
  expect(session.info().inFlight).toBe(0);
});

test.each(['session.quiet', 'session.due'] as const)(
  'a crash on %s, which the wheel sends: its session ends, and the wheel goes on',
  async (type) => {
    const { clock, session, neighbour, told } = await begun(type);
    await clock.advance(9_000);
    await neighbour.touch();
    await clock.advance(51_500);
    expect(session.info().reason).toBe('crashed');
    expect(told().slice(-3)).toEqual([
      expect.stringMatching(/^(active|idle)>terminating$/),
      'terminating>terminated',
      'ended:crashed',
    ]);
    expect(neighbour.state).toBe('idle');
    await clock.advance(10_000);
    expect(neighbour.info().reason).toBe('idle-timeout');
  },
);

test('a crash aborts what runs, and is reported with its error', async () => {
  const { events, session } = await begun('session.pause');
  const work = openWork(session);
  const { signal } = session;
  await session.pause().catch(() => undefined);
  expect([work.aborted(), signal.aborted]).toEqual([true, true]);
  expect(await rejectionOf(work.result)).toMatchObject({ reason: 'crashed' });
  const reports = events.filter((event) => event.type === 'runtime.error');
  expect(reports).toHaveLength(1);
  expect(reports[0]).toHaveProperty('error.message', 'crashed on session.pause');
});

test('a crash at birth: nobody is given the session, and its end is told and recorded', async () => {
  const { clock, runtime, events } = openRuntime({}, crashingOn('session.ready'));
  const refused = await rejectionOf(runtime.create({ principal: 'mallory' }));
  expect(refused).toMatchObject({ reason: 'crashed' });
  await clock.settle();
  const id = events.flatMap((event) => ('id' in event ? [event.id] : []))[0] ?? '';
  expect(toldOf(events, id)).toEqual([
    'created',
    'initializing>terminating',
    'terminating>terminated',
    'ended:crashed',
  ]);
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { crashed: 1 } });
  expect((await runtime.create({ principal: 'ada' })).state).toBe('active');
});

test('a crash while the store fails is recorded when it has recovered', async () => {
  const clock = createVirtualClock();
  const memory = createMemoryStore();
  const store = faultyStore(memory, { clock, random: () => 0.5 });
  const { runtime } = openRuntime({ store, clock }, crashingOn('session.pause'));
  const session = await runtime.create({ principal: 'mallory' });
  store.break('fail');
  await session.pause().catch(() => undefined);
  await clock.settle();
  expect(session.state).toBe('active');
  expect(await rejectionOf(session.touch())).toMatchObject({ reason: 'crashed' });
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(session.info().reason).toBe('crashed');
});

test('terminate on a session that crashes of it waits for the record, like any other', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0, delayMs: [40, 40] });
  const { runtime } = openRuntime({ store, clock }, crashingOn('session.terminate'));
  const created = runtime.create({ principal: 'mallory' });
  await clock.advance(40);
  const ended = (await created).terminate();
  await clock.advance(39);
  expect((await standing(clock, ended)).is).toBe('pending');
  await clock.advance(1);
  expect(await ended).toBe('crashed');
});

test('someone who only watches the actor of a session that crashes is not hurt', async () => {
  const { clock, session } = await begun('session.pause');
  const seen: unknown[] = [];
  session.actor.subscribe((snapshot) => seen.push(snapshot.value));
  await session.pause().catch(() => undefined);
  await clock.settle();
  expect(seen).toEqual([]);
});
