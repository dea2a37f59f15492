import { expect, test } from 'vitest';
import type { SessionRecord, Store } from '../../src/store/contract.ts';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { newRecord } from '../../src/testing/store-contract/case.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from '../contract/seeded.ts';

const setUp = (syncMs = 10) => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock, syncMs });
  return { clock, disk };
};

const ids = (records: readonly SessionRecord[]) => records.map(({ id }) => id);

test('what was acknowledged survives a crash, what was not is lost', async () => {
  const { clock, disk } = setUp();
  const store = disk.open();
  void store.create(newRecord('a'));
  await clock.advance(10);
  for (const id of ['b', 'c']) void store.create(newRecord(id));
  await clock.advance(9);
  disk.crash();
  expect(ids(disk.records())).toEqual(['a']);
  expect(ids((await disk.open().list({ limit: 9 })).records)).toEqual(['a']);
  await clock.advance(100);
  expect(ids(disk.records())).toEqual(['a']);
});

test.each([
  [0, []],
  [1, ['a']],
  [2, ['a', 'b']],
  [Infinity, ['a', 'b', 'c']],
])('of what was not acknowledged a crash may keep the first: %d', async (keep, kept) => {
  const { clock, disk } = setUp();
  const store = disk.open();
  void store.create(newRecord('a'));
  await clock.advance(5);
  void store.create(newRecord('b'));
  void store.create(newRecord('c'));
  expect(disk.unsynced).toBe(3);
  disk.crash({ keep });
  expect(ids(disk.records())).toEqual(kept);
  expect(disk.unsynced).toBe(0);
});

test.each([0, 1])('a commit is never torn, whether it was kept or lost: %d', async (keep) => {
  const { clock, disk } = setUp();
  const store = disk.open();
  const making = store.create(newRecord('a', { key: 'k' }));
  await clock.advance(10);
  const made = await making;
  void store.commit(made, { id: 'z', state: 'paused', append: ['x', 'y'], trimBefore: 2 });
  disk.crash({ keep });
  const next = disk.open();
  const [id, gone] = keep === 1 ? ['z', 'a'] : ['a', 'z'];
  const [state, journalSeq] = keep === 1 ? ['paused', 2] : ['active', 0];
  expect(await next.load(id)).toMatchObject({ state, journalSeq });
  expect(await next.find('alice', 'k')).toEqual(await next.load(id));
  const journal = await next.readJournal(id, { after: 0, limit: 9 });
  expect(journal.map(({ seq, data }) => [seq, data])).toEqual(keep === 1 ? [[2, 'y']] : []);
  expect([await next.load(gone), disk.journal(gone), await next.count({})]).toEqual([null, [], 1]);
});

test('a dead connection is silent: it answers nothing, does nothing, and sets no timer', async () => {
  const { clock, disk } = setUp();
  const dead = disk.open();
  const made = dead.create(newRecord('a'));
  await clock.advance(10);
  const held = await made;
  const answers: string[] = [];
  const ask = (store: Store): void => {
    const calls = {
      create: store.create(newRecord('b')),
      taken: store.create(newRecord('a')),
      load: store.load('a'),
      find: store.find('alice', 'k'),
      commit: store.commit(held, { append: ['x'] }),
      claim: store.claim('a', 'p1'),
      nowhere: store.claim('nowhere', 'p1'),
      release: store.release({ ...held, token: 'stale' }),
      readJournal: store.readJournal('a', { after: 0, limit: 1 }),
      list: store.list({ limit: 1 }),
      dueBefore: store.dueBefore(0, 1),
      count: store.count({}),
      alive: store.alive(1),
      remove: store.remove(held),
      close: store.close(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const answered = () => answers.push(name);
      call.then(answered, answered);
    }
  };
  // Asked before the crash and not answered by then, the reads and the refusals included; and asked after it.
  ask(dead);
  disk.crash();
  ask(dead);
  await clock.advance(1_000);
  expect([answers, clock.pending]).toEqual([[], 0]);
  const next = disk.open();
  ask(dead);
  await clock.advance(1_000);
  expect(answers).toEqual([]);
  expect(await next.list({ limit: 9 })).toEqual({ records: [held], cursor: null });
});

test('a sync that was under way when it crashed is over for good, and leaves no timer', async () => {
  const { clock, disk } = setUp();
  void disk.open().create(newRecord('a'));
  await clock.advance(5);
  expect(clock.pending).toBe(1);
  disk.crash();
  expect(clock.pending).toBe(0);
  await clock.advance(100);
  expect([disk.syncs, disk.records()]).toEqual([0, []]);
});

test.each([0, 10])(
  'what died while it closed does not close the next one: %d ms',
  async (syncMs) => {
    const { clock, disk } = setUp(syncMs);
    const dead = disk.open();
    void dead.create(newRecord('a'));
    void dead.close();
    // Past the microtask in which the sync begins, before the one in which it is over.
    await null;
    disk.crash();
    disk.open();
    await clock.advance(100);
    expect([disk.inUse, disk.syncs, disk.records()]).toEqual([true, 0, []]);
  },
);

test('a crash while it closes: close never answers, and the disk is free', async () => {
  const { clock, disk } = setUp();
  const store = disk.open();
  void store.create(newRecord('a'));
  let closed = false;
  void store.close().then(() => {
    closed = true;
  });
  disk.crash();
  await clock.advance(100);
  expect([closed, disk.inUse, disk.records()]).toEqual([false, false, []]);
});

test('behind faults: a crash silences the faults, the delays and the stalled calls too', async () => {
  const { clock, disk } = setUp();
  const store = faultyStore(disk.open(), { clock, random: seeded(1), delayMs: [5, 5] });
  const answers: string[] = [];
  const ask = (name: string, call: Promise<unknown>): void => {
    const answered = () => answers.push(name);
    call.then(answered, answered);
  };
  ask('late', store.load('a'));
  store.breakNext('create', 'stall');
  ask('stalled', store.create(newRecord('a')));
  store.breakNext('create', 'fail');
  ask('failing', store.create(newRecord('b')));
  store.crash();
  disk.crash();
  store.heal();
  store.break('fail');
  ask('after', store.load('a'));
  ask('close', store.close());
  await clock.advance(1_000);
  expect([answers, disk.records(), clock.pending]).toEqual([[], [], 0]);
  expect(await disk.open().load('a')).toBeNull();
});

test('a lost answer is of a write that is durable, a failure before it of one that is not', async () => {
  const { clock, disk } = setUp();
  const store = faultyStore(disk.open(), { clock, random: seeded(1) });
  store.breakNext('create', 'lose-answer');
  const lost = store.create(newRecord('a')).catch((error: { code?: unknown }) => error.code);
  store.breakNext('create', 'fail');
  await expect(store.create(newRecord('b'))).rejects.toThrow('made to fail');
  await clock.advance(10);
  expect(await lost).toBe('ERR_HOLDFAST_OUTCOME_UNKNOWN');
  expect(ids(disk.records())).toEqual(['a']);
});
