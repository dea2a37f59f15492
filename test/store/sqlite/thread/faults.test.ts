import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer, Call } from '../../../../src/store/sqlite/calls.ts';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import type { Driver } from '../../../../src/store/sqlite/thread/driver.ts';
import { Engine } from '../../../../src/store/sqlite/thread/engine.ts';
import { DRIVERS, inFolder, withEngine } from './drivers.ts';
import { type Fault, faultyDriver, type Use } from './faulty-driver.ts';
import { ask, commit, create, load, rowsOf, shortOf } from './sample-calls.ts';

const FULL = 13;
const IOERR = 10;

/** A driver that is made to fail from a moment on. */
const breakable = (driver: Driver) => {
  let faultOf: (use: Use) => Fault = () => null;
  return {
    driver: faultyDriver(driver, (use) => faultOf(use)),
    breakWith: (faults: (use: Use) => Fault) => {
      faultOf = faults;
    },
    mend: () => {
      faultOf = () => null;
    },
  };
};

/** The `n`-th use of those that match fails, 1 is the first. */
const nth = (n: number, fault: Fault, matches: (use: Use) => boolean = () => true) => {
  let seen = 0;
  return (use: Use): Fault => {
    if (!matches(use)) return null;
    seen += 1;
    return seen === n ? fault : null;
  };
};

const isCommit = ({ sql }: Use): boolean => sql === 'COMMIT';

/** What is on disk, by another connection: tokens by id, and the journals' entries. */
type OnDisk = Readonly<Record<string, readonly [token: string, seq: number, entries: string[]]>>;

const onDisk = (driver: Driver, path: string): OnDisk => {
  const database = openDatabase(driver, path, { readOnly: true });
  const rows = database.prepare('SELECT id, token, number, journal_seq FROM sessions').all();
  const journal = database.prepare('SELECT data FROM journal WHERE session = ? ORDER BY seq');
  const found = rows.map(({ id, token, number, journal_seq }) => {
    const entries = journal.all(number ?? null).map(({ data }) => String(data));
    return [String(id), [String(token), Number(journal_seq), entries]] as const;
  });
  const orphans = database.prepare(
    'SELECT count(*) AS n FROM journal WHERE session NOT IN (SELECT number FROM sessions)',
  );
  expect(orphans.get()?.['n']).toBe(0);
  database.close();
  return Object.fromEntries(found);
};

/** Each is about a session of its own, so that what one comes to says nothing of the others. */
const WRITES: readonly Call[] = [
  create('new'),
  commit('kept', 0, { append: ['1', '2'], state: 'idle' }),
  { op: 'remove', id: 'gone', token: 'gone-1' },
  commit('moved', 1, { id: 'there', append: ['3'], trimBefore: 2 }),
  { op: 'claim', id: 'taken', owner: 'me', next: 'taken-1' },
  { op: 'release', id: 'free', token: 'free-0', next: 'free-1' },
];
const SETTING: readonly Call[] = [
  ...['kept', 'gone', 'moved', 'taken'].map((id) => create(id)),
  create('free', { owner: 'me' }),
  commit('gone', 0, { append: ['1'] }),
  commit('moved', 0, { append: ['1', '2'] }),
];
/** For each write, what tells whether it was done, and all of it. */
const DONE: readonly (readonly [before: unknown, after: unknown, id: string, id2: string])[] = [
  [undefined, ['new-0', 0, []], 'new', 'new'],
  [['kept-0', 0, []], ['kept-1', 2, ['1', '2']], 'kept', 'kept'],
  [['gone-1', 1, ['1']], undefined, 'gone', 'gone'],
  [['moved-1', 2, ['1', '2']], ['moved-2', 3, ['2', '3']], 'moved', 'there'],
  [['taken-0', 0, []], ['taken-1', 0, []], 'taken', 'taken'],
  [['free-0', 0, []], ['free-1', 0, []], 'free', 'free'],
];

/** Says of each answer whether what it says is what the disk has. Whether one is unknown is for the caller to judge. */
const assertTrue = (answers: readonly Answer[], disk: Record<string, unknown>): void => {
  answers.forEach((answer, index) => {
    const [before, after, oldId, newId] = DONE[index] ?? [];
    const was = {
      [String(oldId)]: before,
      ...(oldId === newId ? {} : { [String(newId)]: undefined }),
    };
    const is = {
      ...(oldId === newId ? {} : { [String(oldId)]: undefined }),
      [String(newId)]: after,
    };
    const shows = Object.fromEntries(Object.keys(was).map((id) => [id, disk[id]]));
    const told = shortOf(answer);
    if (told === 'done') expect(shows).toEqual(is);
    else if (told.startsWith('unknown')) expect([was, is]).toContainEqual(shows);
    else expect(shows).toEqual(was);
  });
};

describe.each(DRIVERS)('faults with $name', (driver) => {
  const broken = (
    act: (engine: Engine, breaker: ReturnType<typeof breakable>, path: string) => void,
  ) => {
    const breaker = breakable(driver);
    withEngine(breaker.driver, (engine, path) => {
      expect(engine.run(SETTING).map(shortOf)).not.toContain('failed');
      act(engine, breaker, path);
    });
  };

  test.each([
    ['the disk is full', { code: FULL }],
    ['the disk fails', { code: IOERR }],
    ['the disk fails though it was written', { code: IOERR, after: true }],
  ])('whichever use of the database fails, each answer is true: %s', (_, fault) => {
    let uses = 0;
    broken((engine, { breakWith, mend }) => {
      breakWith(() => {
        uses += 1;
        return null;
      });
      expect(engine.run(WRITES).map(shortOf)).toEqual(WRITES.map(() => 'done'));
      mend();
    });
    expect(uses).toBeGreaterThan(10);
    for (let n = 1; n <= uses; n += 1) {
      broken((engine, { breakWith, mend }, path) => {
        breakWith(nth(n, fault));
        const answers = engine.run(WRITES);
        assertTrue(answers, onDisk(driver, path));
        const told = answers.map(shortOf);
        const isUnknown = n === uses && fault.code === IOERR;
        const all = n === 1 ? `failed ${fault.code}` : isUnknown ? 'unknown 10' : 'done';
        expect(told).toEqual(WRITES.map(() => all));
        mend();
        expect(shortOf(engine.run([create('later')])[0] ?? { value: null })).toBe('done');
      });
    }
  });

  test.each([FULL, IOERR])(
    'what cannot be done alone is not done, and the rest of its group is (%s)',
    (code) =>
      broken((engine, { breakWith }, path) => {
        breakWith(({ how, sql }) =>
          how === 'run' && sql.includes('INTO journal') ? { code } : null,
        );
        const answers = engine.run(WRITES);
        const failed = `failed ${code}`;
        expect(answers.map(shortOf)).toEqual(['done', failed, 'done', failed, 'done', 'done']);
        assertTrue(answers, onDisk(driver, path));
      }),
  );

  test('a full disk at the commit of a group: each is tried alone, and told alone', () =>
    broken((engine, { breakWith }, path) => {
      let commits = 0;
      breakWith((use) => {
        if (!isCommit(use)) return null;
        commits += 1;
        return commits === 1 || commits % 2 === 0 ? { code: FULL } : null;
      });
      const answers = engine.run(WRITES);
      const [failed, done] = ['failed 13', 'done'];
      expect(answers.map(shortOf)).toEqual([failed, done, failed, done, failed, done]);
      assertTrue(answers, onDisk(driver, path));
    }));

  test('a full disk fails what is written and nothing that is read; freed, all goes on', () =>
    broken((engine, { breakWith, mend }, path) => {
      breakWith((use) => (isCommit(use) ? { code: FULL } : null));
      const before = onDisk(driver, path);
      const answers = engine.run([load('kept'), ...WRITES, load('kept'), load('new')]);
      expect(answers.slice(1, -2).map(shortOf)).toEqual(WRITES.map(() => 'failed 13'));
      // What was read in the group was rolled back with it: it is read again.
      expect([answers[0], ...answers.slice(-2)]).toMatchObject([
        { value: { token: 'kept-0' } },
        { value: { token: 'kept-0' } },
        { value: null },
      ]);
      expect(onDisk(driver, path)).toEqual(before);
      mend();
      expect(engine.run(WRITES).map(shortOf)).toEqual(WRITES.map(() => 'done'));
    }));

  test.each([
    ['not written', false],
    ['written all the same', true],
  ])('a commit that fails is unknown, and what is read then is what is on disk: %s', (_, after) =>
    broken((engine, { breakWith }, path) => {
      breakWith(nth(1, { code: IOERR, after }, isCommit));
      const answers = engine.run([...WRITES, create('new'), load('kept'), load('nobody')]);
      // A refusal that rests on what may not be there is no certainty either.
      const unknown = [...WRITES, create('new')].map(() => 'unknown 10');
      expect(answers.map(shortOf)).toEqual([...unknown, 'done', 'done']);
      const token = after ? 'kept-1' : 'kept-0';
      expect(answers.slice(-2)).toMatchObject([{ value: { token } }, { value: null }]);
      const disk = onDisk(driver, path);
      expect(disk['kept']?.[0]).toBe(token);
      expect(rowsOf(engine).map((row) => row.token)).toEqual(
        Object.entries(disk)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, [one]]) => one),
      );
    }),
  );

  test('while it is in doubt what is durable, nothing is answered with it', () =>
    broken((engine, { breakWith, mend }) => {
      breakWith((use) => (isCommit(use) ? { code: IOERR } : null));
      const answers = engine.run([create('a'), load('a')]);
      expect(answers.map(shortOf)).toEqual(['unknown 10', 'failed 10']);
      // Nothing of these was begun: that is certain.
      expect(engine.run([load('kept')]).map(shortOf)).toEqual(['failed 10']);
      expect(engine.run([create('b'), create('c')]).map(shortOf)).toEqual([
        'failed 10',
        'failed 10',
      ]);
      mend();
      expect(ask(engine, load('a'))).toBeNull();
      expect(engine.run([create('a'), create('b')]).map(shortOf)).toEqual(['done', 'done']);
    }));

  test('a doubt stays while it cannot even be begun to end it', () =>
    broken((engine, { breakWith, mend }) => {
      breakWith((use) => (isCommit(use) ? { code: IOERR } : null));
      expect(engine.run([create('a')]).map(shortOf)).toEqual(['unknown 10']);
      breakWith(({ sql }) => (sql === 'BEGIN IMMEDIATE' ? { code: 5 } : null));
      for (const _ of [1, 2]) expect(engine.run([load('a')]).map(shortOf)).toEqual(['failed 5']);
      mend();
      expect(ask(engine, load('a'))).toBeNull();
    }));

  test('what a group did before it failed is not read again', () =>
    broken((engine, { breakWith }) => {
      // Out of memory: SQLite leaves the transaction as it is.
      const isCreate = ({ how, sql }: Use) => how === 'run' && sql.includes('INTO sessions');
      breakWith(nth(2, { code: 7, after: true }, isCreate));
      const answers = engine.run([load('a'), create('a'), create('b')]);
      expect(answers.map(shortOf)).toEqual(['done', 'done', 'done']);
      expect(answers[0]).toEqual({ value: null });
    }));

  test('a busy database fails the group at once, and certainly', () =>
    broken((engine, { breakWith, mend }) => {
      let begins = 0;
      breakWith(({ sql }) => {
        if (sql !== 'BEGIN IMMEDIATE') return null;
        begins += 1;
        return { code: 5 };
      });
      expect(engine.run([create('a'), load('kept'), create('b')]).map(shortOf)).toEqual([
        'failed 5',
        'done',
        'failed 5',
      ]);
      expect(begins).toBe(1);
      mend();
      expect(engine.run([create('a')]).map(shortOf)).toEqual(['done']);
    }));

  test('a transaction whose rollback failed is ended before the next one', () =>
    broken((engine, { breakWith, mend }, path) => {
      // A fault of SQLite's own that leaves the transaction open.
      breakWith(({ how, sql }) => {
        if (sql === 'ROLLBACK') return { code: IOERR, after: false };
        return how === 'run' && sql.includes('INTO sessions') ? { code: 7, after: true } : null;
      });
      const open = engine.run([create('half')]);
      expect(open.map(shortOf)).toEqual(['failed 7']);
      mend();
      expect(engine.run([create('whole')]).map(shortOf)).toEqual(['done']);
      expect(Object.keys(onDisk(driver, path))).not.toContain('half');
      expect(Object.keys(onDisk(driver, path))).toContain('whole');
    }));

  test('a fault that is not of SQLite is told without a code', () =>
    withEngine(driver, (engine) => {
      // What no caller gives: a value that no column takes.
      const wrong = create('a', { principal: {} as unknown as string }); // It crosses unchecked.
      const [first, second] = engine.run([wrong, create('b')]);
      expect(first).toMatchObject({ failed: { unknown: false } });
      expect(second).toHaveProperty('value');
    }));

  test('an engine that cannot note its opening is none, and closes the database', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      const breaker = breakable(driver);
      const database = openDatabase(breaker.driver, path);
      breaker.breakWith((use) => (isCommit(use) ? { code: FULL } : null));
      expect(() => new Engine(database, breaker.driver)).toThrow('planned 13');
      breaker.mend();
      expect(() => database.prepare('SELECT 1').get()).toThrow();
    }));
});
