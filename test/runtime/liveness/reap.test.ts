import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/index.ts';
import {
  crashingOn,
  faultyRuntime,
  openRuntime,
  openWork,
  quietRuntime,
  TICK,
} from '../fixture.ts';

/** A runtime whose wheel has stopped: only `reap` looks at deadlines. */
const unwound = (...given: Parameters<typeof openRuntime>) => {
  const open = openRuntime(...given);
  open.context.wheel.stop();
  const reap = async () => {
    const reaped = open.runtime.reap();
    await open.clock.advance(0);
    return reaped;
  };
  return { ...open, reap };
};

test('it ends what is due, with its reason, and tells once it is recorded', async () => {
  const { runtime, reap, clock } = unwound();
  const silent = await runtime.create({ beats: 'required' });
  const idle = await runtime.create();
  const paused = await runtime.create();
  const busy = await runtime.create();
  const fresh = await runtime.create();
  await paused.pause();
  openWork(busy, { timeoutMs: 'off' });
  await clock.advance(130_000);
  await fresh.touch();
  expect(await reap()).toEqual([
    { id: silent.id, reason: 'heartbeat-lost' },
    { id: idle.id, reason: 'idle-timeout' },
    { id: paused.id, reason: 'paused-timeout' },
  ]);
  expect([silent, idle, paused, busy, fresh].map(({ state }) => state)).toEqual([
    'terminated',
    'terminated',
    'terminated',
    'active',
    'active',
  ]);
});

test('it also quietens and tells of missed beats, as the wheel would', async () => {
  const { runtime, reap, clock } = unwound();
  const session = await runtime.create({ beats: 'required' });
  await clock.advance(11_000);
  expect(await reap()).toEqual([]);
  expect([session.state, session.health().status]).toEqual(['idle', 'late']);
});

test('nothing due, nothing ended; what it looked at stays watched', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create();
  const reaped = runtime.reap();
  await clock.advance(0);
  expect(await reaped).toEqual([]);
  expect(runtime.validateAll()).toEqual([]);
  await clock.advance(60_000 + TICK);
  expect(session.info().reason).toBe('idle-timeout');
});

test('what was ending already is not its doing', async () => {
  const { runtime, reap, clock } = unwound();
  const session = await runtime.create();
  await clock.advance(70_000);
  const ended = session.terminate();
  expect(await reap()).toEqual([]);
  expect(await ended).toBe('client');
});

test('an end whose record failed is left out, and goes on', async () => {
  const { store } = faultyRuntime();
  const { runtime, reap, clock } = unwound({ store });
  const one = await runtime.create();
  const other = await runtime.create();
  await clock.advance(70_000);
  store.break('fail');
  expect(await reap()).toEqual([]);
  expect([one.state, other.state]).toEqual(['idle', 'idle']);
  store.heal();
  await clock.advance(60_000);
  expect([one.info().reason, other.info().reason]).toEqual(['idle-timeout', 'idle-timeout']);
});

test('a session that is gone by its turn is passed over', async () => {
  const { runtime, reap, clock } = unwound();
  const session = await runtime.create();
  const other = await runtime.create();
  await clock.advance(70_000);
  session.subscribe((event) => {
    if (event.type === 'session.state-changed') other.terminate('operator').catch(() => undefined);
  });
  expect(await reap()).toEqual([{ id: session.id, reason: 'idle-timeout' }]);
  expect(other.info().reason).toBe('operator');
});

test('an actor that throws as it is looked at ends as crashed, and nobody else is touched', async () => {
  const { runtime, reap, clock } = unwound({}, crashingOn('session.due'));
  const mallory = await runtime.create({ principal: 'mallory' });
  const ada = await runtime.create({ principal: 'ada' });
  await clock.advance(70_000);
  expect(await reap()).toEqual([
    { id: mallory.id, reason: 'crashed' },
    { id: ada.id, reason: 'idle-timeout' },
  ]);
});

test('many are looked at in turns, with I/O let in between', async () => {
  const { runtime, reap, clock, context } = unwound();
  for (let made = 0; made < 2 * LIMITS.wheelTurn + 1; made += 1) await runtime.create();
  await clock.advance(70_000);
  const left: number[] = [];
  const watch = (): void => {
    left.push(context.hosts.size);
    if (context.hosts.size > 0) clock.scheduler.schedule(watch, 0);
  };
  clock.scheduler.schedule(watch, 0);
  const reaped = await reap();
  expect(reaped.length).toBe(2 * LIMITS.wheelTurn + 1);
  const ended = left.slice(1).map((size, index) => (left[index] ?? 0) - size);
  expect(Math.max(...ended)).toBe(LIMITS.wheelTurn);
});

test('after the process was held up, clients are heard first: a beat that waited in the kernel counts', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  await clock.advance(14_000);
  clock.stall(1_500);
  const reaped = runtime.reap();
  await clock.advance(0);
  session.beat();
  await clock.advance(TICK);
  expect(await reaped).toEqual([]);
  expect(session.state).toBe('idle');
});

test('our own long silence ends nobody', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  clock.stall(40_000);
  const reaped = runtime.reap();
  await clock.advance(TICK);
  expect(await reaped).toEqual([]);
  expect(session.info().reason).toBe(null);
});

test('nor does one that begins after reap was called, before it looked', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  await clock.advance(TICK - 1);
  const reaped = runtime.reap();
  clock.stall(40_000);
  await clock.advance(2 * TICK);
  expect(await reaped).toEqual([]);
  expect(session.info().reason).toBe(null);
});

test('a runtime that is closed reaps nothing', async () => {
  const { runtime, clock } = quietRuntime();
  await runtime.create();
  await runtime.close();
  const reaped = runtime.reap();
  await clock.advance(0);
  expect(await reaped).toEqual([]);
});
