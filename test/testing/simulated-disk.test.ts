import { expect, test } from 'vitest';
import { Fenced, InvalidOptionError, StoreError } from '../../src/errors.ts';
import type { Store } from '../../src/store/contract.ts';
import {
  createSimulatedDisk,
  type SimulatedDiskOptions,
} from '../../src/testing/simulated-disk.ts';
import { newRecord } from '../../src/testing/store-contract/case.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

const setUp = (options: Partial<SimulatedDiskOptions> = {}) => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock, syncMs: 10, ...options });
  return { clock, disk };
};

/** What came of each call, in the order of the answers. */
const watched = () => {
  const log: string[] = [];
  const watch = (name: string, answer: Promise<unknown>): void => {
    answer.then(
      () => log.push(name),
      (error: Error) => log.push(`${name}: ${error.message}`),
    );
  };
  return { log, watch };
};

const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id);

test('a write is read at once, and acknowledged and durable when it is synced', async () => {
  const { clock, disk } = setUp();
  const store = disk.open();
  const { log, watch } = watched();
  watch('a', store.create(newRecord('a')));
  expect((await store.load('a'))?.id).toBe('a');
  expect(await store.count({})).toBe(1);
  await clock.advance(9);
  expect([log, disk.records(), disk.unsynced, disk.syncs]).toEqual([[], [], 1, 0]);
  await clock.advance(1);
  expect([log, ids(disk.records()), disk.unsynced, disk.syncs]).toEqual([['a'], ['a'], 0, 1]);
});

test('what was written until a sync began goes with it, the rest with the next one', async () => {
  const { clock, disk } = setUp();
  const store = disk.open();
  const { log, watch } = watched();
  for (const id of ['a', 'b']) watch(id, store.create(newRecord(id)));
  await clock.advance(5);
  for (const id of ['c', 'd', 'e']) watch(id, store.create(newRecord(id)));
  await clock.advance(5);
  expect([log, disk.unsynced, disk.syncs]).toEqual([['a', 'b'], 3, 1]);
  await clock.advance(9);
  expect(log).toEqual(['a', 'b']);
  await clock.advance(1);
  expect([log, disk.syncs]).toEqual([['a', 'b', 'c', 'd', 'e'], 2]);
  await clock.advance(100);
  expect([disk.syncs, clock.pending]).toEqual([2, 0]);
});

test('each sync takes what it is told to take, and one of 0 ms needs no time', async () => {
  const durations = [30, 0, 5];
  const { clock, disk } = setUp({ syncMs: () => durations.shift() ?? 0 });
  const store = disk.open();
  const { log, watch } = watched();
  watch('a', store.create(newRecord('a')));
  await clock.advance(29);
  watch('b', store.create(newRecord('b')));
  expect(log).toEqual([]);
  await clock.advance(1);
  expect([log, clock.mono()]).toEqual([['a', 'b'], 30]);
  watch('c', store.create(newRecord('c')));
  await clock.settle();
  expect(log).not.toContain('c');
  await clock.advance(5);
  await store.create(newRecord('d'));
  expect(clock.mono()).toBe(35);
});

test('acknowledgements keep the order of the writes, of whatever kind they are', async () => {
  const { clock, disk } = setUp({ syncMs: 0 });
  const store = disk.open();
  const [a, b] = await Promise.all([store.create(newRecord('a')), store.create(newRecord('b'))]);
  const { log, watch } = watched();
  watch('remove', store.remove(b));
  watch('alive', store.alive(5));
  watch('commit', store.commit(a, { append: ['x'] }));
  watch('claim', store.claim('a', 'p1'));
  watch('create', store.create(newRecord('c', { owner: 'p1' })));
  await clock.settle();
  expect(log).toEqual(['remove', 'alive', 'commit', 'claim', 'create']);
});

test('the folder has one owner: a second opening throws until the first closed or crashed', async () => {
  const { clock, disk } = setUp();
  const first = disk.open();
  expect(() => disk.open()).toThrow(StoreError);
  const made = first.create(newRecord('a'));
  const closed = first.close();
  expect(() => disk.open()).toThrow(StoreError);
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  await clock.advance(9);
  expect([isClosed, disk.inUse]).toEqual([false, true]);
  await clock.advance(1);
  expect([isClosed, disk.inUse]).toEqual([true, false]);
  await made;
  const second = disk.open();
  expect(disk.inUse).toBe(true);
  expect(ids((await second.list({ limit: 9 })).records)).toEqual(['a']);
  disk.crash();
  expect(disk.inUse).toBe(false);
  const third = disk.open();
  await first.close();
  await expect(first.load('a')).rejects.toThrow(StoreError);
  expect(() => disk.open()).toThrow(StoreError);
  expect((await third.load('a'))?.id).toBe('a');
});

test('as it opens nobody holds anything, and epochs, journals and the highest time stay', async () => {
  const { disk } = setUp({ syncMs: 0 });
  const first = disk.open();
  const made = await first.create(newRecord('a', { key: 'k', owner: 'p1', snapshot: { n: 1 } }));
  const claimed = await first.claim('a', 'p1');
  if (claimed === null) throw new Error('it is gone');
  const held = await first.commit(claimed, { append: ['x', 'y', 'z'], trimBefore: 2 });
  await first.alive(1_000);
  disk.crash();
  const second = disk.open();
  expect(disk.records()).toEqual([{ ...held, owner: null }]);
  expect(await second.load('a')).toEqual({ ...made, ...held, owner: null, epoch: 2 });
  expect(await second.find('alice', 'k')).toEqual(await second.load('a'));
  expect(await second.readJournal('a', { after: 0, limit: 9 })).toEqual([
    { seq: 2, epoch: 2, data: 'y' },
    { seq: 3, epoch: 2, data: 'z' },
  ]);
  expect(await second.alive(500)).toBe(1_000);
  const again = await second.claim('a', 'p2');
  expect(again).toMatchObject({ owner: 'p2', epoch: 3 });
  await expect(second.commit(held, { state: 'idle' })).rejects.toThrow(Fenced);
  if (again === null) throw new Error('it is gone');
  await second.commit(again, { append: ['new'] });
  expect(disk.journal('a').map(({ seq }) => seq)).toEqual([2, 3, 4]);
});

test('a long journal of which most was trimmed goes on where it was', async () => {
  const { disk } = setUp({ syncMs: 0 });
  const first = disk.open();
  const made = await first.create(newRecord('a'));
  const append = Array.from({ length: 200 }, (_, n) => n + 1);
  await first.commit(made, { append, trimBefore: 199 });
  disk.crash();
  const second = disk.open();
  const held = await second.load('a');
  if (held === null) throw new Error('it is gone');
  await second.commit(held, { append: [201] });
  const journal = await second.readJournal('a', { after: 0, limit: 9 });
  expect(journal.map(({ data }) => data)).toEqual([199, 200, 201]);
  expect(await second.readJournal('a', { after: 200, limit: 9 })).toHaveLength(1);
  expect(disk.journal('a')).toEqual(journal);
});

test('full: writes fail for certain, reads and refusals go on, and then it is free again', async () => {
  const { disk } = setUp({ syncMs: 0 });
  const store = disk.open();
  const held = await store.create(newRecord('a'));
  await store.alive(5);
  disk.full(true);
  const writes = {
    create: () => store.create(newRecord('b')),
    commit: () => store.commit(held, { state: 'idle', append: ['x'] }),
    claim: () => store.claim('a', 'p1'),
    release: () => store.release(held),
    remove: () => store.remove(held),
    alive: () => store.alive(9),
  };
  for (const [name, write] of Object.entries(writes)) {
    const failure: unknown = await write().catch((error: unknown) => error);
    expect(failure, name).toBeInstanceOf(Error);
    expect(failure, name).not.toHaveProperty('code');
  }
  expect(await store.load('a')).toEqual(held);
  expect(await store.count({})).toBe(1);
  expect(await store.readJournal('a', { after: 0, limit: 9 })).toEqual([]);
  expect(await store.claim('nowhere', 'p1')).toBeNull();
  await expect(store.commit({ ...held, token: 'stale' }, {})).rejects.toThrow(Fenced);
  expect([disk.unsynced, disk.records()]).toEqual([0, [held]]);
  disk.full(false);
  await store.commit(held, { append: ['x'] });
  expect(await store.alive(7)).toBe(5);
  expect(disk.journal('a')).toHaveLength(1);
});

test('what was written before it was full is synced all the same', async () => {
  const { clock, disk } = setUp();
  const store = disk.open();
  const made = store.create(newRecord('a'));
  disk.full(true);
  await clock.advance(10);
  expect(disk.records()).toEqual([await made]);
});

test('what is durable shares nothing with what is read', async () => {
  const { disk } = setUp({ syncMs: 0 });
  const store = disk.open();
  await store.create(newRecord('a'));
  const [record] = disk.records();
  expect(() => Object.assign(record ?? {}, { state: 'idle' })).toThrow(TypeError);
});

test.each([{ syncMs: -1 }, { syncMs: Number.NaN }, { syncMs: Infinity }])(
  '%j is refused',
  (options) => {
    expect(() => setUp(options)).toThrow(InvalidOptionError);
  },
);

test('a crash that keeps less than nothing is refused, and nothing crashed', async () => {
  const { disk } = setUp({ syncMs: 0 });
  const store: Store = disk.open();
  for (const keep of [-1, Number.NaN]) {
    expect(() => disk.crash({ keep })).toThrow(InvalidOptionError);
  }
  await store.create(newRecord('a'));
  disk.crash();
  expect(() => disk.crash({ keep: 3 })).not.toThrow();
});
