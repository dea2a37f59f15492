import { expect, test } from 'vitest';
import {
  InvalidSessionIdError,
  mintSessionId,
  SessionNotEndedError,
  SessionNotFoundError,
  SessionUnreadableError,
  StoreError,
} from '../../../src/index.ts';
import { faultyRuntime, openRuntime, quietRuntime, rejectionOf } from '../fixture.ts';
import { after, durableRuntime, processOver, withStored } from '../residency/fixture.ts';
import { leftNewer } from '../residency/newer-record.ts';
import { spoil } from '../residency/spoilt-records.ts';

test('an ended session and its journal are removed at once, and its id is unknown from then on', async () => {
  const { memory, runtime } = faultyRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const other = await runtime.create({ principal: 'ada' });
  await session.append({ role: 'user', content: 'Hello' });
  await session.terminate();
  expect(await memory.readJournal(session.id, { after: 0, limit: 10 })).toHaveLength(1);
  await runtime.purge(session.id);
  expect(await memory.load(session.id)).toBeNull();
  expect(await memory.readJournal(session.id, { after: 0, limit: 10 })).toEqual([]);
  expect(await rejectionOf(runtime.get(session.id))).toBeInstanceOf(SessionNotFoundError);
  expect((await runtime.list()).sessions.map(({ id }) => id)).toEqual([other.id]);
  expect(await rejectionOf(runtime.purge(session.id))).toBeInstanceOf(SessionNotFoundError);
});

test('one that has not ended is refused and stays as it is, in memory or stored', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  expect(await rejectionOf(runtime.purge(session.id))).toBeInstanceOf(SessionNotEndedError);
  expect(session.state).toBe('active');

  const stored = await withStored();
  const refused = rejectionOf(stored.runtime.purge(stored.session.id));
  expect(await after(stored.clock, refused)).toBeInstanceOf(SessionNotEndedError);
  expect(stored.session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  await after(stored.clock, stored.session.terminate());
  await after(stored.clock, stored.runtime.purge(stored.session.id));
  const gone = rejectionOf(stored.runtime.get(stored.session.id));
  expect(await after(stored.clock, gone)).toBeInstanceOf(SessionNotFoundError);
});

test('one whose end is not recorded yet has not ended', async () => {
  const { store, clock, runtime } = faultyRuntime();
  const session = await runtime.create();
  store.breakNext('commit', 'hold-answer');
  const end = session.terminate();
  // The store has it, and this process has not heard so.
  expect(await rejectionOf(runtime.purge(session.id))).toBeInstanceOf(SessionNotEndedError);
  store.heal();
  await clock.settle();
  expect(await end).toBe('client');
  await runtime.purge(session.id);
});

test('an id nobody has, and one nobody can have', async () => {
  const { runtime } = quietRuntime();
  const unknown = runtime.purge(mintSessionId());
  expect(await rejectionOf(unknown)).toBeInstanceOf(SessionNotFoundError);
  expect(await rejectionOf(runtime.purge('ses_x'))).toBeInstanceOf(InvalidSessionIdError);
});

test('its tombstone is forgotten, and what counts the sessions that go on counts none twice', async () => {
  const { runtime, context } = openRuntime({ maxTombstones: 1 });
  const [one, two] = [await runtime.create(), await runtime.create()];
  await one.terminate();
  await runtime.purge(one.id);
  expect(context.tombstones.size).toBe(0);
  await two.terminate();
  // There is room for it, because the purged one is not counted any more.
  expect((await runtime.get(two.id)).state).toBe('terminated');

  const world = durableRuntime({ maxStored: 2, maxPerPrincipal: 2 });
  const make = () => after(world.clock, world.runtime.create({ principal: 'ada' }));
  const [first] = [await make(), await make()];
  await after(world.clock, first.terminate());
  await after(world.clock, world.runtime.purge(first.id));
  await make();
  expect(await rejectionOf(make())).toMatchObject({ code: 'ERR_HOLDFAST_CAPACITY' });
});

test('an answer that was lost is asked for again, and what is gone by then is purged', async () => {
  const { store, memory, runtime } = faultyRuntime();
  for (const fault of ['lose-answer', 'lose-request'] as const) {
    const session = await runtime.create();
    await session.terminate();
    store.breakNext('remove', fault);
    await runtime.purge(session.id);
    expect(await memory.load(session.id)).toBeNull();
  }
});

test('a store that fails is told of, and nothing is removed', async () => {
  const { store, memory, runtime } = faultyRuntime();
  const session = await runtime.create();
  await session.terminate();
  for (const method of ['load', 'remove'] as const) {
    store.breakNext(method, 'fail');
    expect(await rejectionOf(runtime.purge(session.id))).toBeInstanceOf(StoreError);
  }
  expect(await memory.load(session.id)).not.toBeNull();
  await runtime.purge(session.id);
});

test('a list that was asked for before does not show it', async () => {
  const { store, clock, runtime } = faultyRuntime();
  const session = await runtime.create({ principal: 'ada' });
  await session.terminate();
  store.breakNext('list', 'hold-answer');
  const listed = runtime.list();
  await clock.settle();
  await runtime.purge(session.id);
  store.heal();
  await clock.settle();
  expect((await listed).sessions).toEqual([]);
});

test.each([{}, { schema: 0, session: null, snapshot: null }])(
  'a tombstone that cannot be read here is not removed: %j',
  async (change) => {
    const parts = await leftNewer('terminated');
    const { clock, disk, id } = parts;
    await spoil(parts, id, change);
    const before = disk.records();
    const { runtime } = processOver(parts);
    const refused = rejectionOf(runtime.purge(id));
    expect(await after(clock, refused)).toBeInstanceOf(SessionUnreadableError);
    await clock.advance(100_000);
    expect(disk.records()).toEqual(before);
  },
);
