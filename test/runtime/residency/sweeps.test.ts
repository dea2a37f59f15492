import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { CapacityError, type RuntimeOptions } from '../../../src/index.ts';
import { rejectionOf, toldOf } from '../fixture.ts';
import {
  after,
  durableRuntime,
  elapsed,
  faultyProcess,
  processOver,
  withStored,
} from './fixture.ts';

// What is due of stored sessions is seen to in its time, whatever becomes of the others that are.

/** By how much a session's lifetime is overshot, whose end comes so long after that of many with a slow `cleanup`. */
const overshotBeside = async (
  slow: { readonly sessions: number; readonly beforeMs: number; readonly cleanupMs: number },
  options: RuntimeOptions = {},
): Promise<number> => {
  const deadlines = { maxLifetimeMs: 200_000 };
  const first = durableRuntime({ deadlines });
  const { clock } = first;
  const many = Array.from({ length: slow.sessions }, () => first.runtime.create());
  await after(clock, Promise.all(many), slow.beforeMs);
  const last = await after(clock, first.runtime.create({ principal: 'ada' }), 10);
  const over = last.info().expiresAt ?? 0;
  await after(clock, first.runtime.drain(), 300);
  await clock.advance(200_500 - clock.mono());
  const second = processOver(first, {
    deadlines,
    ...options,
    cleanup: ({ id }) => (id === last.id ? undefined : elapsed(clock, slow.cleanupMs)),
  });
  let endedAt = Number.POSITIVE_INFINITY;
  second.runtime.subscribe((event) => {
    if (event.type === 'session.ended' && event.id === last.id) endedAt = clock.wall();
  });
  await clock.advance(60_000);
  return endedAt - over;
};

test('many ends whose cleanup takes its time make no other deadline late', async () => {
  const slow = { sessions: 200, beforeMs: 3_000, cleanupMs: 4_000 };
  expect(await overshotBeside(slow)).toBeLessThan(1_000);
});

test('a cleanup that takes longer than the next look through the store makes no deadline late', async () => {
  const slow = { sessions: 1, beforeMs: 15_000, cleanupMs: 25_000 };
  const overshotMs = await overshotBeside(slow, { cleanupTimeoutMs: 30_000 });
  expect(overshotMs).toBeLessThan(1_000);
});

test('a stored session whose record is gone is not looked at for ever', async () => {
  const { clock, runtime, context, store } = faultyProcess({
    deadlines: { idleTimeoutMs: 57_000 },
  });
  const session = await after(clock, runtime.create({ principal: 'ada' }), 53_000);
  expect(session.info().residency).toBe('stored');
  const record = await after(clock, store.load(session.id));
  if (record === null) throw new Error('It is not there.');
  await after(clock, store.remove(record), 10_000);
  let claims = 0;
  const { claim } = store;
  store.claim = (...given) => {
    claims += 1;
    return claim(...given);
  };
  await clock.advance(30_000);
  expect(claims).toBe(0);
  expect(context.wheel.size).toBe(0);
});

test('a wake that fails leaves its session its deadline, to the tick', async () => {
  const machine = setup({}).createMachine({});
  const deadlines = { idleTimeoutMs: 62_000 };
  const first = durableRuntime({ deadlines, behaviours: { known: { logic: machine } } });
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ behaviour: 'known' }), 16_000);
  await after(clock, first.runtime.drain(), 100);
  // Another session has all the room there is, so it cannot be woken.
  const second = processOver(first, {
    deadlines,
    maxResident: 1,
    behaviours: { known: { logic: machine } },
  });
  await clock.advance(61_000 - clock.mono() - 50);
  await after(clock, second.runtime.create());
  const session = await after(clock, second.runtime.get(made.id), 10);
  const touched = session.touch();
  touched.catch(() => undefined);
  await clock.advance(500);
  expect(await rejectionOf(touched)).toBeInstanceOf(CapacityError);
  expect(session.state).toBe('idle');
  await clock.advance(1_000);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'idle-timeout' });
});

test('a stored session that is about to be due is nothing that validateAll would find', async () => {
  const { clock, runtime, context } = await withStored({ deadlines: { idleTimeoutMs: 57_000 } });
  await clock.advance(54_000 - clock.mono());
  expect(context.wheel.size).toBe(1);
  expect(runtime.validateAll()).toEqual([]);
});

test('a tombstone is not removed before this process has heard that it is written', async () => {
  const { clock, runtime, store, events, context } = faultyProcess({ tombstoneMs: 3_000 });
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(20_000);
  expect(session.info().residency).toBe('stored');
  // The tombstone is written, its answer is lost, and the store cannot be asked for longer than it is kept.
  store.breakNext('commit', 'lose-answer');
  for (let asked = 0; asked < 12; asked += 1) store.breakNext('load', 'fail');
  const ended = session.terminate();
  ended.catch(() => undefined);
  await clock.advance(200_000);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:client');
  expect(context.census?.total).toBe(0);
  expect(session.state).toBe('terminated');
});
