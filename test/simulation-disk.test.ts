import { expect, test } from 'vitest';
import type { NewRecord } from '../src/index.ts';
import { loadDriver } from '../src/store/sqlite/thread/driver.ts';
import { createVirtualClock } from '../src/time/virtual-clock.ts';
import { Chance } from './simulation/chance.ts';
import { type CommitFault, FailingDatabase, MadeToFail } from './simulation/failing-database.ts';
import { SqliteDisk } from './simulation/sqlite-disk.ts';

/*
 * What the simulation builds on is to be what it says: a disk that loses too little, or a fault that does nothing, finds
 * nothing.
 */

const diskOf = async (syncMs: number) => {
  const clock = createVirtualClock();
  const disk = new SqliteDisk({
    clock,
    driver: await loadDriver(),
    syncMs: () => syncMs,
    chance: new Chance('a disk'),
    allowed: () => ({ failures: false, kills: false }),
    met: () => {},
    onKilled: () => {},
    onEnded: () => {},
  });
  return { clock, disk };
};

const record = (id: string): NewRecord => ({
  id,
  principal: null,
  key: null,
  owner: 'p1',
  state: 'active',
  due: null,
  schema: 1,
  session: { metadata: {} } as NewRecord['session'],
  snapshot: null,
});

test('a crash loses the groups that are not done, or keeps the first of them', async () => {
  for (const [keep, kept] of [
    [0, []],
    [1, ['a', 'b']],
    [2, ['a', 'b', 'c']],
  ] as const) {
    const { clock, disk } = await diskOf(10);
    const store = disk.open();
    let answers = 0;
    const ask = (id: string): void => {
      void store.create(record(id)).then(() => {
        answers += 1;
      });
    };
    ask('a');
    ask('b');
    await clock.settle();
    ask('c');
    await clock.settle();
    ask('d');
    await clock.settle();
    expect(disk.unsynced).toBe(2);
    disk.crash({ keep });
    await clock.advance(100);
    expect(answers).toBe(0);
    expect(disk.records().map(({ id }) => id)).toEqual(kept);
    disk.end();
  }
});

test('nothing is answered from the moment of a crash on, also what is on its way', async () => {
  for (let turns = 0; turns < 20; turns += 1) {
    const { clock, disk } = await diskOf(0);
    const answers: string[] = [];
    void disk
      .open()
      .create(record('a'))
      .then(({ id }) => answers.push(id));
    for (let left = turns; left > 0; left -= 1) await Promise.resolve();
    disk.crash();
    // What has left the store by now is heard in this turn.
    await Promise.resolve();
    const before = answers.length;
    await clock.settle();
    expect(answers).toHaveLength(before);
    disk.end();
  }
});

test('the next process finds what was answered, and nobody holds it', async () => {
  const { clock, disk } = await diskOf(10);
  const first = disk.open();
  expect(() => disk.open()).toThrow(/another process has it open/);
  const made = first.create(record('a'));
  await clock.advance(50);
  expect(await made).toMatchObject({ owner: 'p1' });
  expect(disk.records()).toMatchObject([{ owner: 'p1' }]);
  disk.crash();
  const second = disk.open();
  expect(disk.records()).toMatchObject([{ owner: null }]);
  const claimed = second.claim('a', 'p2');
  await clock.advance(50);
  expect(await claimed).toMatchObject({ owner: 'p2', epoch: 2 });
  const closed = second.close();
  await clock.advance(50);
  await closed;
  expect(disk.inUse).toBe(false);
  disk.end();
});

test('a disk without space takes nothing, and reads go on', async () => {
  const { clock, disk } = await diskOf(0);
  const store = disk.open();
  await store.create(record('a'));
  disk.full(true);
  await expect(store.create(record('b'))).rejects.toThrow(/disk is full/);
  expect(await store.load('a')).toMatchObject({ id: 'a' });
  disk.full(false);
  await store.create(record('b'));
  expect(disk.records()).toHaveLength(2);
  await clock.settle();
  disk.end();
});

test.each([
  ['lost', false, false],
  ['there', true, true],
  ['later', false, true],
] as const)(
  'a COMMIT that is %s: there before the crash %s, after it %s',
  async (outcome, before, after) => {
    for (const rollsBack of [false, true]) {
      const { database, there } = await failingDatabase({ fault: 'I/O error', outcome, rollsBack });
      expect(there()).toBe(before);
      database.recover();
      expect(there()).toBe(after);
    }
  },
);

test('what is left in the log is gone where another one was written over it', async () => {
  const { database, there } = await failingDatabase({
    fault: 'I/O error',
    outcome: 'later',
    rollsBack: true,
  });
  database.exec('BEGIN');
  database.exec("INSERT INTO t VALUES ('other')");
  database.exec('COMMIT');
  database.recover();
  expect(there()).toBe(false);
});

/** A database after a COMMIT that this befell. */
const failingDatabase = async (fault: CommitFault) => {
  const memory = (await loadDriver()).open(':memory:');
  const database = new FailingDatabase(memory);
  database.exec('CREATE TABLE t (a TEXT)');
  database.faults = { write: () => null, commit: () => fault };
  database.exec('BEGIN');
  database.prepare('INSERT INTO t VALUES (?)').run('one');
  expect(() => database.exec('COMMIT')).toThrow(MadeToFail);
  database.faults = null;
  try {
    database.exec('ROLLBACK');
  } catch {
    // It was rolled back already, or is done.
  }
  const found = memory.prepare("SELECT a FROM t WHERE a = 'one'");
  return { database, there: () => found.all().length === 1 };
};
