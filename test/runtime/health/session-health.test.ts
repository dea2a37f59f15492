import { expect, test } from 'vitest';
import type { RuntimeOptions } from '../../../src/index.ts';
import { Tombstone } from '../../../src/runtime/tombstone.ts';
import {
  crashingOn,
  faultyRuntime,
  openRuntime,
  openWork,
  quietRuntime,
  TICK,
} from '../fixture.ts';

const begun = async (options: RuntimeOptions = {}) => {
  const quiet = quietRuntime(options);
  const session = await quiet.runtime.create({ principal: 'ada', beats: 'required' });
  return { ...quiet, session };
};

test('a session that is well says so, and what comes next', async () => {
  const { session, clock } = await begun();
  await clock.advance(1_000);
  expect(session.health()).toEqual({
    id: session.id,
    status: 'healthy',
    state: 'active',
    residency: 'resident',
    problems: [],
    silentMs: 1_000,
    inFlight: 0,
    nextDeadline: { deadline: 'beat', inMs: 4_000 },
  });
});

test('to ask is no activity', async () => {
  const { session, clock } = await begun();
  await clock.advance(10_000 + TICK);
  const { lastActivityAt } = session.info();
  session.health();
  expect([session.state, session.info().lastActivityAt]).toEqual(['idle', lastActivityAt]);
});

test('late while beats are missing, healthy again with the next sign of life', async () => {
  const { session, clock } = await begun();
  await clock.advance(5_000 + TICK);
  expect(session.health()).toMatchObject({ status: 'late', problems: ['1 heartbeat is missing.'] });
  await clock.advance(5_000);
  expect(session.health().problems).toEqual(['2 heartbeats are missing.']);
  session.beat();
  expect(session.health()).toMatchObject({ status: 'healthy', silentMs: 0, problems: [] });
});

test('silent once the whole window is over, which only work in flight outlives', async () => {
  const { session, clock } = await begun();
  openWork(session, { timeoutMs: 'off' });
  await clock.advance(14_999);
  expect(session.health().status).toBe('late');
  await clock.advance(1);
  expect(session.health()).toMatchObject({ status: 'silent', silentMs: 15_000, inFlight: 1 });
  expect(session.health().problems).toEqual([
    'No sign of life for 15000 ms: its heartbeat window is over.',
  ]);
});

test('our own silence makes nobody silent', async () => {
  const { session, clock } = await begun();
  openWork(session, { timeoutMs: 'off' });
  clock.stall(20_000);
  await clock.advance(TICK);
  expect(session.health().status).not.toBe('silent');
  await clock.advance(15_000);
  expect(session.health().status).toBe('silent');
});

test('nobody is asked for beats while paused, or without a watch', async () => {
  const { session, runtime, clock } = await begun();
  const unwatched = await runtime.create();
  await session.pause();
  await clock.advance(30_000);
  expect([session.health().status, unwatched.health().status]).toEqual(['healthy', 'healthy']);
  expect(session.health().nextDeadline).toEqual({ deadline: 'pausedTimeout', inMs: 90_000 });
});

test('stuck when an operation has used up more than half its time, waiting included', async () => {
  const { session, clock } = await begun({ maxConcurrentOperations: 1 });
  openWork(session, { timeoutMs: 'off' });
  const waits = openWork(session, { timeoutMs: 4_000, id: 'op' });
  await clock.advance(2_000);
  expect(session.health().status).toBe('healthy');
  await clock.advance(1);
  expect(session.health()).toMatchObject({
    status: 'stuck',
    problems: ['The operation "work" (op) is queued since 2001 ms, of 4000 ms.'],
  });
  await clock.advance(2_000);
  await waits.result.catch(() => undefined);
  expect(session.health().status).toBe('healthy');
});

test('stuck while a hook hangs, until its time is over', async () => {
  const { session, clock } = await begun({
    deadlines: { heartbeatIntervalMs: 60_000 },
    hooks: { onStateChanged: () => new Promise(() => undefined) },
  });
  await clock.advance(2_500);
  expect(session.health().status).toBe('healthy');
  await clock.advance(1);
  expect(session.health()).toMatchObject({
    status: 'stuck',
    problems: ['A hook runs since 2501 ms, of 5000 ms.'],
  });
  await clock.advance(2_500);
  expect(session.health().status).toBe('healthy');
});

test('failing while its changes are not recorded', async () => {
  const { runtime, store, clock } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  await session.pause().catch(() => undefined);
  expect(session.health()).toMatchObject({
    status: 'failing',
    problems: ['Recording it has failed once.'],
  });
  await clock.advance(500);
  expect(session.health().problems[0]).toMatch(/^Recording it has failed \d times in a row\.$/);
  store.heal();
  await clock.advance(60_000);
  expect(session.health().status).toBe('healthy');
});

test('failing when its actor is gone and that cannot be recorded', async () => {
  const store = faultyRuntime().store;
  const { runtime } = openRuntime({ store }, crashingOn('session.pause'));
  const session = await runtime.create({ principal: 'mallory' });
  store.break('stall');
  session.pause().catch(() => undefined);
  expect(session.health()).toMatchObject({
    status: 'failing',
    problems: ['Its actor threw and is gone.'],
    nextDeadline: null,
  });
});

test('the worst that applies is the status; all that applies is told', async () => {
  const { session, clock } = await begun();
  openWork(session, { timeoutMs: 20_000 });
  await clock.advance(15_001);
  const { status, problems } = session.health();
  expect([status, problems.length]).toEqual(['stuck', 2]);
});

test('at the end of the lifetime work is told how much of its grace is left', async () => {
  const { session, clock } = await begun();
  openWork(session, { timeoutMs: 'off' });
  await clock.advance(1_000_000);
  await clock.advance(10_000);
  const { nextDeadline } = session.health();
  expect(nextDeadline?.deadline).toBe('maxLifetime');
  expect(nextDeadline?.inMs).toBeGreaterThan(20_000 - TICK);
  expect(nextDeadline?.inMs).toBeLessThanOrEqual(20_000);
});

test('a session that has ended has nothing to complain of, in memory or out of it', async () => {
  const { session, runtime, clock } = await begun();
  await session.terminate();
  await clock.advance(60_000);
  const tombstone = await runtime.get(session.id);
  expect(tombstone).toBeInstanceOf(Tombstone);
  expect(tombstone.health()).toEqual({
    id: session.id,
    status: 'healthy',
    state: 'terminated',
    residency: 'stored',
    problems: [],
    silentMs: 60_000,
    inFlight: 0,
    nextDeadline: { deadline: 'tombstone', inMs: 19 * 60_000 },
  });
  expect(session.health()).toEqual(tombstone.health());
});
