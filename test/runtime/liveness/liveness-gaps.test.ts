import { expect, test } from 'vitest';
import { createMemoryStore } from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { quietRuntime, TICK, toldOf, toldOfItself } from '../fixture.ts';

// A server's own silence never counts against a client; what is promised on the wall is kept all the same.
// idleAfter 10 s, idleTimeout 60 s, beats 3 × 5 s, pausedTimeout 120 s, maxLifetime 1,000 s.

const HOUR = 3_600_000;

const begun = async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada', beats: 'required' });
  await clock.advance(1_000);
  const gaps = () => events.flatMap((event) => (event.type === 'runtime.time-gap' ? [event] : []));
  return { clock, runtime, events, session, gaps };
};

test('a stall past the heartbeat window ends nobody, and is told once', async () => {
  const { clock, session, gaps } = await begun();
  clock.stall(100_000);
  await clock.advance(2 * TICK);
  expect(session.state).not.toBe('terminated');
  expect(gaps()).toMatchObject([{ kind: 'stall' }]);
  expect(gaps()[0]?.gapMs).toBeGreaterThan(99_000);
  await clock.advance(4_000);
  session.beat();
  await clock.advance(10_000);
  expect(session.state).toBe('idle');
});

test('after a stall a client that is really gone still ends, one window later', async () => {
  const { clock, session } = await begun();
  clock.stall(40_000);
  await clock.advance(15_000 - 1);
  expect(session.state).not.toBe('terminated');
  await clock.advance(1 + 3 * TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('a beat that came in during the stall counts, though it is read after it', async () => {
  const { clock, session, events } = await begun();
  clock.stall(14_500);
  session.beat();
  await clock.advance(4_500);
  expect(session.state).not.toBe('terminated');
  expect(toldOf(events, session.id)).not.toContain('late');
});

test('a stall too short to be a gap does not shorten anything', async () => {
  const { clock, session, gaps } = await begun();
  clock.stall(1_500);
  await clock.advance(12_400);
  expect(session.state).not.toBe('terminated');
  expect(gaps()).toEqual([]);
  await clock.advance(100 + 3 * TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('a machine that slept for an hour ends nobody for silence', async () => {
  const { clock, session, gaps } = await begun();
  await session.touch();
  clock.suspend(100_000);
  await clock.advance(5_000 - TICK);
  expect(gaps()).toMatchObject([{ kind: 'wall-ahead', gapMs: 100_000 }]);
  expect(session.state).toBe('active');
  await clock.advance(10_000 + 3 * TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test.each([HOUR / 10, -HOUR])(
  'a step of the wall by %d ms leaves silence alone',
  async (stepMs) => {
    const { clock, session, gaps } = await begun();
    clock.stepWall(stepMs);
    await clock.advance(4_000);
    session.beat();
    expect(gaps()).toMatchObject([
      { kind: stepMs > 0 ? 'wall-ahead' : 'wall-behind', gapMs: Math.abs(stepMs) },
    ]);
    await clock.advance(15_000 - 1);
    expect(session.state).toBe('idle');
    await clock.advance(1 + TICK);
    expect(session.info().reason).toBe('heartbeat-lost');
  },
);

test('maxLifetime is honoured on the wall: at once after a step past it', async () => {
  const { clock, session } = await begun();
  clock.stepWall(HOUR);
  await clock.advance(2 * TICK);
  expect(session.info().reason).toBe('max-lifetime');
});

test('… and after a sleep past it', async () => {
  const { clock, session } = await begun();
  await session.pause();
  clock.suspend(HOUR);
  await clock.advance(2 * TICK);
  expect(session.state).toBe('terminated');
});

test('… and after a stall past it, though silence gets its grace', async () => {
  const { clock, session } = await begun();
  clock.stall(1_000_000);
  await clock.advance(3 * TICK);
  expect(session.info().reason).toBe('max-lifetime');
});

// A stall that is longer than the step hides it: what is told is the stall, but the wall moved all the same.
const WALL_ONLY = {
  idleAfterMs: 'off',
  idleTimeoutMs: 'off',
  heartbeatIntervalMs: 'off',
  pausedTimeoutMs: 120_000,
  maxLifetimeMs: 1_000_000,
} as const;

test.each([
  [500_000, 501_000],
  [10_000, 991_000],
])(
  'a step of %d ms within a stall of %d ms: maxLifetime is honoured at once',
  async (step, stall) => {
    const { clock, runtime, events } = quietRuntime({ deadlines: WALL_ONLY });
    const session = await runtime.create();
    clock.stepWall(step);
    clock.stall(stall);
    await clock.advance(3 * TICK);
    expect(session.info().reason).toBe('max-lifetime');
    const gaps = events.filter((event) => event.type === 'runtime.time-gap');
    expect(gaps).toMatchObject([{ kind: 'stall' }]);
    expect(Object.keys(gaps[0] ?? {}).sort()).toEqual(['at', 'gapMs', 'kind', 'type']);
  },
);

test('… and pausedTimeout', async () => {
  const { clock, runtime } = quietRuntime({ deadlines: WALL_ONLY });
  const session = await runtime.create();
  await session.pause();
  clock.stepWall(60_000);
  clock.stall(61_000);
  await clock.advance(3 * TICK);
  expect(session.info().reason).toBe('paused-timeout');
});

test('a wall put back puts the lifetime off by as much, and no more', async () => {
  const { clock, runtime } = await begun();
  const session = await runtime.create({ beats: 'off' });
  clock.stepWall(-500_000);
  for (let passed = 0; passed < 1_499_000; passed += 50_000) {
    await clock.advance(50_000);
    if (session.state === 'terminated') break;
    await session.touch();
  }
  const { createdAt, endedAt } = session.info();
  expect(session.info().reason).toBe('max-lifetime');
  expect((endedAt ?? 0) - createdAt).toBeGreaterThanOrEqual(1_000_000);
  expect((endedAt ?? 0) - createdAt).toBeLessThanOrEqual(1_000_000 + TICK);
});

test('pausedTimeout is honoured on the wall after a step', async () => {
  const { clock, session } = await begun();
  await session.pause();
  clock.stepWall(121_000);
  await clock.advance(2 * TICK);
  expect(session.info().reason).toBe('paused-timeout');
});

test('grace given before a step back is given anew when the lifetime is over again', async () => {
  const { clock, runtime } = quietRuntime();
  const session = await runtime.create({ beats: 'off' });
  let aborted = false;
  const work = session.run(
    'work',
    ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise<never>(() => undefined);
    },
    { timeoutMs: 'off' },
  );
  work.catch(() => undefined);
  await clock.advance(1_000_000 + TICK);
  clock.stepWall(-HOUR);
  await clock.advance(HOUR + 20_000);
  expect(aborted).toBe(false);
  await clock.advance(11_000);
  expect(aborted).toBe(true);
});

test('a store that took long to create a session does not count against its client', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), {
    clock,
    random: () => 0,
    delayMs: [20_000, 20_000],
  });
  const { runtime, events } = quietRuntime({ store }, clock);
  const created = runtime.create({ beats: 'required' });
  await clock.advance(20_000);
  const session = await created;
  await clock.advance(5_000 - TICK);
  expect(toldOf(events, session.id)).toEqual(['created', 'ready', 'initializing>active']);
  await clock.advance(TICK + TICK);
  expect(toldOf(events, session.id)).toContain('late');
});

test('a calm hour has no gap', async () => {
  const { clock, events, session } = await begun();
  for (let turn = 0; turn < 360; turn += 1) {
    await clock.advance(4_000);
    if (session.state !== 'terminated') session.beat();
  }
  expect(toldOfItself(events)).toEqual([]);
});
