import { expect, test } from 'vitest';
import { createMemoryStore, LIMITS, SessionNotFoundError } from '../../../src/index.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import {
  faultyRuntime,
  noted,
  quietRuntime,
  recordOf,
  rejectionOf,
  toldOfItself,
} from '../fixture.ts';

const TOMBSTONE_MS = 100_000;
const SWEEP_MS = 10_000;
const SETTINGS = { tombstoneMs: TOMBSTONE_MS, sweepIntervalMs: SWEEP_MS };

test('a tombstone says when it is to go', async () => {
  const store = createMemoryStore();
  const { clock, runtime } = quietRuntime({ store, ...SETTINGS });
  const session = await runtime.create();
  await clock.advance(123);
  await session.terminate();
  expect((await recordOf(store, session.id)).due).toEqual({
    at: clock.wall() + TOMBSTONE_MS,
    deadline: 'tombstone',
  });
});

test('it is kept for as long as promised, and gone at most one sweep later', async () => {
  const store = createMemoryStore();
  const { clock, runtime } = quietRuntime({ store, ...SETTINGS });
  const session = await runtime.create({ principal: 'ada' });
  await session.terminate('operator');
  await clock.advance(TOMBSTONE_MS - 1);
  expect((await runtime.as('ada').get(session.id)).info().reason).toBe('operator');
  await clock.advance(1 + SWEEP_MS);
  expect(await store.load(session.id)).toBeNull();
  expect(await rejectionOf(runtime.as('ada').get(session.id))).toBeInstanceOf(SessionNotFoundError);
  expect((await runtime.as('ada').list()).sessions).toEqual([]);
  // A reference that is still held goes on answering.
  expect(session.info().reason).toBe('operator');
});

test('by default that is 20 minutes, looked at every 30 s', async () => {
  const calls: string[] = [];
  const memory = createMemoryStore();
  const { clock, runtime } = quietRuntime({ store: noted(memory, calls) });
  const session = await runtime.create();
  await session.terminate();
  await clock.advance(20 * 60_000 - 1);
  expect(await memory.load(session.id)).not.toBeNull();
  expect(calls.filter((call) => call === 'dueBefore')).toHaveLength(39);
  await clock.advance(1 + 30_000);
  expect(await memory.load(session.id)).toBeNull();
});

test('more than fit into one turn go in one sweep', async () => {
  const count = LIMITS.sweepTurn + 40;
  const memory = createMemoryStore();
  const { clock, runtime } = quietRuntime({ store: memory, ...SETTINGS });
  for (let made = 0; made < count; made += 1) await (await runtime.create()).terminate();
  await clock.advance(TOMBSTONE_MS);
  expect((await memory.list({ limit: 10 })).records).toEqual([]);
});

test('living sessions are left alone', async () => {
  const store = createMemoryStore();
  const { clock, runtime } = quietRuntime({
    store,
    ...SETTINGS,
    deadlines: { idleTimeoutMs: 'off', maxLifetimeMs: 'off' },
  });
  const session = await runtime.create();
  await clock.advance(10 * TOMBSTONE_MS);
  expect((await recordOf(store, session.id)).state).toBe('active');
  expect(session.state).toBe('idle');
});

test('a sweep that fails is told once, and tried again sooner than the next one is due', async () => {
  const { clock, runtime, store, memory, events } = faultyRuntime({}, SETTINGS);
  const session = await runtime.create();
  await session.terminate();
  store.break('fail');
  await clock.advance(TOMBSTONE_MS + SWEEP_MS);
  const reports = events.filter((event) => event.type === 'runtime.error');
  expect(reports[0]).toMatchObject({ where: 'sweep' });
  expect(toldOfItself(events)).toEqual(['runtime.error']);
  store.heal();
  await clock.advance(SWEEP_MS);
  expect(await memory.load(session.id)).toBeNull();
});

test('one sweep at a time: one that takes long is not joined by the next', async () => {
  const { clock, store } = faultyRuntime({ delayMs: [3 * SWEEP_MS, 3 * SWEEP_MS] }, SETTINGS);
  await clock.advance(SWEEP_MS);
  expect(store.calls).toBe(1);
  await clock.advance(3 * SWEEP_MS - 1);
  expect(store.calls).toBe(1);
  await clock.advance(SWEEP_MS);
  expect(store.calls).toBe(2);
});

test('what another process removed, or holds, does not stop the sweep', async () => {
  const clock = createVirtualClock();
  const memory = createMemoryStore();
  const remove = memory.remove.bind(memory);
  const first = quietRuntime({ store: memory, ...SETTINGS }, clock);
  const ids: string[] = [];
  for (let made = 0; made < 3; made += 1) {
    const session = await first.runtime.create();
    await session.terminate();
    ids.push(session.id);
  }
  // Just before the sweep removes the first, somebody else has.
  memory.remove = async (held) => {
    memory.remove = remove;
    await remove(held);
    return remove(held);
  };
  await clock.advance(TOMBSTONE_MS + SWEEP_MS);
  for (const id of ids) expect(await memory.load(id)).toBeNull();
  expect(toldOfItself(first.events)).toEqual([]);
});

/** A store with so many tombstones, of which the oldest cannot be removed until it is mended. */
const withCorruptRows = async (count: number, corrupt: number) => {
  const memory = createMemoryStore();
  const remove = memory.remove.bind(memory);
  const bad = new Set<string>();
  memory.remove = async (held) => {
    if (bad.has(held.id)) throw new Error('corrupt row');
    return remove(held);
  };
  const { clock, runtime, events } = quietRuntime({ store: memory, ...SETTINGS });
  // So that all of them are due at the same sweep, one interval after `TOMBSTONE_MS`.
  clock.stall(1);
  for (let made = 0; made < count; made += 1) {
    const session = await runtime.create();
    await session.terminate();
    if (made >= corrupt) continue;
    bad.add(session.id);
    // So that these are due before the others.
    clock.stall(1);
  }
  const left = async () => (await memory.list({ limit: 10_000 })).records.map(({ id }) => id);
  const reports = () => events.filter((event) => event.type === 'runtime.error');
  return { clock, bad, left, reports };
};

test('one that cannot be removed is told and passed over: all the others go in the same sweep', async () => {
  const { clock, bad, left, reports } = await withCorruptRows(LIMITS.sweepTurn + 40, 1);
  await clock.advance(TOMBSTONE_MS + SWEEP_MS);
  expect(await left()).toEqual([...bad]);
  expect(reports()).toMatchObject([{ where: 'sweep', error: { message: 'corrupt row' } }]);
});

test('… and tried again at the next sweep, once', async () => {
  const { clock, bad, left, reports } = await withCorruptRows(3, 1);
  await clock.advance(TOMBSTONE_MS + 2 * SWEEP_MS);
  expect(reports()).toHaveLength(2);
  bad.clear();
  await clock.advance(SWEEP_MS);
  expect(await left()).toEqual([]);
  await clock.advance(5 * SWEEP_MS);
  expect(reports()).toHaveLength(2);
});

test('a whole turn of such does not hide those behind it', async () => {
  const corrupt = LIMITS.sweepTurn + 10;
  const { clock, bad, left, reports } = await withCorruptRows(corrupt + 30, corrupt);
  await clock.advance(TOMBSTONE_MS + SWEEP_MS);
  expect(new Set(await left())).toEqual(bad);
  expect(reports()).toHaveLength(corrupt);
});

test('between two pages I/O is let in', async () => {
  const count = 2 * LIMITS.sweepTurn + 1;
  const { clock, left } = await withCorruptRows(count, 0);
  await clock.advance(TOMBSTONE_MS + SWEEP_MS - 2);
  let seen: Promise<string[]> | null = null;
  clock.scheduler.schedule(() => {
    seen = left();
  }, 1);
  await clock.advance(SWEEP_MS);
  expect(await seen).toHaveLength(count - LIMITS.sweepTurn);
  expect(await left()).toEqual([]);
});
