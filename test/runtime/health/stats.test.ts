import { expect, test } from 'vitest';
import { CapacityError } from '../../../src/index.ts';
import { crashingOn, openRuntime, openWork, quietRuntime, rejectionOf, TICK } from '../fixture.ts';

test('a runtime that has done nothing', () => {
  const { runtime } = quietRuntime();
  expect(runtime.stats()).toEqual({
    state: 'accepting',
    resident: 0,
    byState: { initializing: 0, active: 0, idle: 0, paused: 0, terminating: 0, terminated: 0 },
    byResidency: { resident: 0, hibernating: 0, stored: 0, waking: 0 },
    created: 0,
    refused: 0,
    ended: {},
    beats: 0,
    misses: 0,
    operations: { started: 0, finished: 0, inFlight: 0 },
    hibernated: 0,
    woken: 0,
    restarts: 0,
    ignored: 0,
    lagMs: 0,
  });
});

test('sessions by state as they are shown, made, refused and ended by reason', async () => {
  const { runtime, clock } = quietRuntime({ maxResident: 4 });
  const [active, idle, paused, gone] = await Promise.all([
    runtime.create(),
    runtime.create(),
    runtime.create(),
    runtime.create(),
  ]);
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(CapacityError);
  await gone?.terminate('operator');
  await paused?.pause();
  await clock.advance(10_000 + TICK);
  await active?.touch();
  expect(runtime.stats()).toMatchObject({
    resident: 3,
    byState: { initializing: 0, active: 1, idle: 1, paused: 1, terminating: 0, terminated: 0 },
    byResidency: { resident: 3, hibernating: 0, stored: 0, waking: 0 },
    created: 4,
    refused: 1,
    ended: { operator: 1 },
  });
  expect(idle?.state).toBe('idle');
  await clock.advance(60_000);
  expect(runtime.stats().ended).toEqual({ operator: 1, 'idle-timeout': 2 });
});

test('beats, missed ones, operations and how late the last tick came', async () => {
  const { runtime, clock } = quietRuntime({ maxConcurrentOperations: 1 });
  const session = await runtime.create({ beats: 'required' });
  session.beat();
  session.beat();
  await clock.advance(5_000 + TICK);
  await session.run('x', () => 1);
  openWork(session);
  openWork(session);
  const { beats, misses, operations, lagMs } = runtime.stats();
  expect([beats, misses, lagMs]).toEqual([2, 1, 0]);
  expect(operations).toEqual({ started: 2, finished: 1, inFlight: 2 });
  clock.stall(1_000);
  await clock.advance(0);
  expect(runtime.stats().lagMs).toBe(1_000 - TICK);
});

test('what the chart had no place for is counted, and a crash is an end like any other', async () => {
  const { runtime, context } = openRuntime({}, crashingOn('session.pause'));
  const session = await runtime.create({ principal: 'mallory' });
  await session.pause().catch(() => undefined);
  expect(runtime.stats()).toMatchObject({ ended: { crashed: 1 }, resident: 0 });
  context.counters.ignored += 1;
  context.counters.restarts += 1;
  expect(runtime.stats()).toMatchObject({ ignored: 1, restarts: 1 });
});

test('an answer is of its moment: it does not change later', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const before = runtime.stats();
  const copy = structuredClone(before);
  await session.terminate();
  expect(before).toEqual(copy);
});

test('draining, then stopped', async () => {
  const { runtime, clock } = quietRuntime();
  openWork(await runtime.create());
  const drained = runtime.drain();
  expect(runtime.stats().state).toBe('draining');
  await clock.advance(20_000);
  await drained;
  expect(runtime.stats()).toMatchObject({ state: 'stopped', resident: 0, ended: { shutdown: 1 } });
});
