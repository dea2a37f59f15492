import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MissingPackageError } from '../../../../src/errors.ts';
import { hasNodeSqlite, loadDriver } from '../../../../src/store/sqlite/thread/driver.ts';
import { DRIVERS, inFolder, NODE_WITHOUT_SQLITE } from './drivers.ts';

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('It threw nothing.');
};

describe('loadDriver', () => {
  test.each([
    ['20.19.0', false],
    ['22.5.0', false],
    ['22.12.0', false],
    ['22.13.0', true],
    ['22.14.1', true],
    ['23.3.0', false],
    ['23.4.0', true],
    ['24.0.0', true],
    ['100.0.0-pre', true],
  ])('Node %s has SQLite without a flag: %s', (version, has) => {
    expect(hasNodeSqlite(version)).toBe(has);
  });

  test('takes what this Node has, and libsql where it has none', async () => {
    const own = hasNodeSqlite(process.versions.node) ? 'node:sqlite' : 'libsql';
    expect((await loadDriver()).name).toBe(own);
    expect((await loadDriver(NODE_WITHOUT_SQLITE)).name).toBe('libsql');
  });

  test.each(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])(
    'names what is not installed (%s)',
    async (code) => {
      const cause = Object.assign(new Error('Cannot find it'), { code });
      const loading = loadDriver(NODE_WITHOUT_SQLITE, () => Promise.reject(cause));
      await expect(loading).rejects.toThrow(MissingPackageError);
      await expect(loading).rejects.toMatchObject({ cause, message: /npm install libsql/ });
    },
  );

  test('passes on what else goes wrong', async () => {
    const error = new Error('a broken library');
    await expect(loadDriver(NODE_WITHOUT_SQLITE, () => Promise.reject(error))).rejects.toBe(error);
  });
});

describe.each(DRIVERS)('$name', (driver) => {
  test('values come back as they were given', () => {
    const database = driver.open(':memory:');
    database.exec('CREATE TABLE t (n INTEGER, r REAL, s TEXT)');
    const values = [Number.MAX_SAFE_INTEGER, 0.1, 'é😀\u{ffff}"\n'] as const;
    const insert = database.prepare('INSERT INTO t (n, r, s) VALUES (?, ?, ?) RETURNING n, r, s');
    expect(insert.get(...values)).toMatchObject({ n: values[0], r: values[1], s: values[2] });
    insert.all(null, null, null);
    const rows = database.prepare('SELECT n, r, s FROM t ORDER BY n').all();
    expect(rows.map(({ n, r, s }) => [n, r, s])).toEqual([[null, null, null], [...values]]);
    expect(database.prepare('SELECT n FROM t WHERE n = 1').get()).toBeUndefined();
    expect(database.prepare('SELECT n FROM t WHERE n = 1').all()).toEqual([]);
    database.close();
  });

  test('run says how many rows it changed', () => {
    const database = driver.open(':memory:');
    database.exec('CREATE TABLE t (n INTEGER UNIQUE)');
    const insert = database.prepare('INSERT INTO t (n) VALUES (?) ON CONFLICT DO NOTHING');
    expect([insert.run(1), insert.run(1), insert.run(2)]).toEqual([1, 0, 1]);
    expect(database.prepare('DELETE FROM t').run()).toBe(2);
    database.close();
  });

  test.each(['run', 'get', 'all'] as const)(
    'a statement whose %s threw can be used again',
    (how) => {
      const database = driver.open(':memory:');
      database.exec('CREATE TABLE t (n INTEGER UNIQUE); INSERT INTO t (n) VALUES (1)');
      const insert = database.prepare('INSERT INTO t (n) VALUES (?) RETURNING n');
      const error = thrownBy(() => insert[how](1));
      expect(driver.codeOf(error)).toBe(19);
      insert[how](2);
      expect(driver.codeOf(thrownBy(() => insert[how](2)))).toBe(19);
      insert[how](3);
      expect(database.prepare('SELECT count(*) AS n FROM t').get()).toMatchObject({ n: 3 });
      database.close();
    },
  );

  test('codeOf tells SQLite’s codes apart, and what is not of SQLite', () =>
    inFolder((folder) => {
      const text = join(folder, 'text');
      writeFileSync(text, 'This is no database. '.repeat(100));
      const foreign = driver.open(text);
      const use = () => foreign.prepare('SELECT count(*) AS n FROM sqlite_master').get();
      expect(driver.codeOf(thrownBy(use))).toBe(26);
      foreign.close();
      const open = () => driver.open(join(folder, 'nowhere', 'x.db'));
      expect(driver.codeOf(thrownBy(open))).toBe(14);
      const database = driver.open(':memory:');
      expect(driver.codeOf(thrownBy(() => database.exec('ROLLBACK')))).toBe(1);
      expect(driver.codeOf(thrownBy(() => database.prepare('SELECT nothing')))).toBe(1);
      database.close();
      for (const other of [new Error('x: 14'), null, 'ConnectionFailed', { code: 13 }]) {
        expect(driver.codeOf(other)).toBeNull();
      }
    }));

  test('one that is only read is never changed, nor made', () =>
    inFolder((folder) => {
      // What an address in place of a path would take for something else.
      const path = join(folder, 'a b?c#d%20é.db');
      expect(driver.codeOf(thrownBy(() => driver.open(path, { readOnly: true })))).toBe(14);
      expect(existsSync(path)).toBe(false);
      const database = driver.open(path);
      database.exec('CREATE TABLE t (n INTEGER); INSERT INTO t (n) VALUES (7)');
      expect(existsSync(path)).toBe(true);
      const reader = driver.open(path, { readOnly: true });
      expect(reader.prepare('SELECT n FROM t').get()).toMatchObject({ n: 7 });
      expect(driver.codeOf(thrownBy(() => reader.exec('DELETE FROM t')))).toBe(8);
      reader.close();
      database.close();
    }));

  test('closing twice is closing once, and nothing works afterwards', () => {
    const database = driver.open(':memory:');
    database.close();
    database.close();
    expect(() => database.prepare('SELECT 1')).toThrow();
  });
});
