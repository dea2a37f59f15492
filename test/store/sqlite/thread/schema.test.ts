import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import type { Database, Driver } from '../../../../src/store/sqlite/thread/driver.ts';
import {
  answerOf,
  MIGRATIONS,
  migrate,
  schemaVersion,
  UnusableDatabase,
} from '../../../../src/store/sqlite/thread/schema.ts';
import {
  CLAIM,
  commitOf,
  countOf,
  DUE,
  DUE_AFTER,
  FIND,
  FIND_ANONYMOUS,
  IS_THERE,
  LOAD,
  listOf,
  READ_JOURNAL,
  RELEASE,
  REMOVE,
  REMOVE_JOURNAL,
  TRIM,
} from '../../../../src/store/sqlite/thread/statements.ts';
import { DRIVERS, inFolder } from './drivers.ts';

const versionOf = (database: Database): unknown =>
  answerOf(database, 'PRAGMA user_version', 'user_version');

const reasonOf = (open: () => unknown): unknown => {
  try {
    open();
  } catch (error) {
    return error instanceof UnusableDatabase ? error.reason : error;
  }
  return 'it opened';
};

/** Makes a file with this SQL. */
const madeBy = (driver: Driver, path: string, sql: string): void => {
  const database = driver.open(path);
  database.exec(sql);
  database.close();
};

describe.each(DRIVERS)('openDatabase with $name', (driver) => {
  test('makes a database that syncs each commit to its log', () =>
    inFolder((folder) => {
      const database = openDatabase(driver, join(folder, 'x.db'));
      expect(versionOf(database)).toBe(MIGRATIONS.length);
      expect(answerOf(database, 'PRAGMA journal_mode', 'journal_mode')).toBe('wal');
      expect(answerOf(database, 'PRAGMA synchronous', 'synchronous')).toBe(2);
      database.close();
    }));

  test('closed, all of it is in its one file', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      const database = openDatabase(driver, path);
      database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('mine', 1);
      database.close();
      writeFileSync(join(folder, 'copy.db'), readFileSync(path));
      const copy = openDatabase(driver, join(folder, 'copy.db'), { readOnly: true });
      expect(answerOf(copy, "SELECT value FROM meta WHERE name = 'mine'", 'value')).toBe(1);
      copy.close();
    }));

  test('takes an empty file, and one it made before', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      writeFileSync(path, '');
      for (const round of [1, 2]) {
        const database = openDatabase(driver, path);
        const sql = "UPDATE meta SET value = value + 1 WHERE name = 'opening' RETURNING value";
        expect(answerOf(database, sql, 'value')).toBe(round);
        database.close();
      }
    }));

  test.each([
    ['a table of another program', 'CREATE TABLE theirs (n INTEGER)', 'not-a-store'],
    ['the mark of another program', 'PRAGMA application_id = 7', 'not-a-store'],
    ['a version of another program', 'PRAGMA user_version = 1', 'not-a-store'],
  ])('refuses a database with %s, and leaves it as it is', (_, sql, reason) =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      madeBy(driver, path, sql);
      const before = readFileSync(path);
      expect(reasonOf(() => openDatabase(driver, path))).toBe(reason);
      expect(reasonOf(() => openDatabase(driver, path, { readOnly: true }))).toBe(reason);
      expect(readFileSync(path).equals(before)).toBe(true);
    }),
  );

  test('refuses a newer schema, and leaves it as it is', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      openDatabase(driver, path).close();
      madeBy(driver, path, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
      expect(reasonOf(() => openDatabase(driver, path))).toBe('newer-schema');
      expect(reasonOf(() => openDatabase(driver, path, { readOnly: true }))).toBe('newer-schema');
      const database = driver.open(path);
      expect(versionOf(database)).toBe(MIGRATIONS.length + 1);
      database.close();
    }));

  test('says what a file is that it cannot take', () =>
    inFolder((folder) => {
      const path = join(folder, 'text');
      writeFileSync(path, 'This is no database. '.repeat(100));
      expect(reasonOf(() => openDatabase(driver, path))).toBe('not-a-store');
      expect(reasonOf(() => openDatabase(driver, folder))).toBe('not-writable');
      expect(reasonOf(() => openDatabase(driver, join(folder, 'nowhere', 'x')))).toBe(
        'not-writable',
      );
    }));

  test('a reader sees what is written beside it, and makes nothing', () =>
    inFolder((folder) => {
      const path = join(folder, 'x.db');
      writeFileSync(path, '');
      expect(reasonOf(() => openDatabase(driver, path, { readOnly: true }))).toBe('failed');
      expect(readFileSync(path)).toHaveLength(0);
      const database = openDatabase(driver, path);
      const reader = openDatabase(driver, path, { readOnly: true });
      database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('mine', 1);
      expect(answerOf(reader, "SELECT value FROM meta WHERE name = 'mine'", 'value')).toBe(1);
      expect(() => reader.exec("DELETE FROM meta WHERE name = 'mine'")).toThrow();
      reader.close();
      database.close();
    }));

  test('the quota is of the file, whole pages', () =>
    inFolder((folder) => {
      const database = openDatabase(driver, join(folder, 'x.db'), { maxBytes: 200 * 4096 + 1 });
      expect(answerOf(database, 'PRAGMA max_page_count', 'max_page_count')).toBe(200);
      database.close();
      // What is there stays, however small the quota.
      const small = openDatabase(driver, join(folder, 'x.db'), { maxBytes: 1 });
      const pages = answerOf(small, 'PRAGMA page_count', 'page_count');
      expect(answerOf(small, 'PRAGMA max_page_count', 'max_page_count')).toBe(pages);
      small.close();
    }));
});

describe.each(DRIVERS)('migrations with $name', (driver) => {
  const first = 'CREATE TABLE t (n INTEGER); INSERT INTO t (n) VALUES (1)';

  test('a step that fails leaves the version before it, whole; mended, the rest is done', () => {
    const database = driver.open(':memory:');
    const broken = 'INSERT INTO t (n) VALUES (2); INSERT INTO nowhere (n) VALUES (1)';
    expect(() => migrate(database, [first, broken])).toThrow();
    expect(schemaVersion(database, 2)).toBe(1);
    expect(answerOf(database, 'SELECT count(*) AS n FROM t', 'n')).toBe(1);
    migrate(database, [first, 'INSERT INTO t (n) VALUES (2)']);
    migrate(database, [first, 'INSERT INTO t (n) VALUES (2)']);
    expect(versionOf(database)).toBe(2);
    expect(answerOf(database, 'SELECT count(*) AS n FROM t', 'n')).toBe(2);
    database.close();
  });

  test('a first step that fails leaves an empty file', () => {
    const database = driver.open(':memory:');
    expect(() => migrate(database, [`${first}; broken`])).toThrow();
    expect(schemaVersion(database)).toBe(0);
    migrate(database);
    expect(versionOf(database)).toBe(MIGRATIONS.length);
    database.close();
  });
});

const WHOSE = ['everybody', 'anonymous', 'principal'] as const;

describe.each(DRIVERS)('what is asked often has an index, with $name', (driver) => {
  const planOf = (sql: string): string =>
    inFolder((folder) => {
      const database = openDatabase(driver, join(folder, 'x.db'));
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(
        ...sql
          .split('?')
          .slice(1)
          .map(() => 1),
      );
      database.close();
      return rows.map(({ detail }) => String(detail)).join('; ');
    });

  test.each([
    ['a load', LOAD, /^SEARCH sessions USING INDEX sqlite_autoindex/],
    ['a look for an id', IS_THERE, /^SEARCH sessions USING COVERING INDEX sqlite_autoindex/],
    ['a find', FIND, /^SEARCH sessions USING INDEX sessions_key \(principal=\? AND key=\?\)$/],
    ['an anonymous find', FIND_ANONYMOUS, /^SEARCH sessions USING INDEX sessions_key_anonymous/],
    ['a commit', commitOf(['state', 'due']), /^SEARCH sessions USING INDEX sqlite_autoindex/],
    ['a claim', CLAIM, /^SEARCH sessions USING INDEX sqlite_autoindex/],
    ['a release', RELEASE, /^SEARCH sessions USING INDEX sqlite_autoindex/],
    ['a removal', REMOVE, /^SEARCH sessions USING INDEX sqlite_autoindex/],
    ['a trim', TRIM, /^SEARCH journal USING PRIMARY KEY \(session=\? AND seq<\?\)/],
    ['the removal of a journal', REMOVE_JOURNAL, /^SEARCH journal USING PRIMARY KEY/],
    ['what is due', DUE, /^SEARCH sessions USING COVERING INDEX sessions_due \(due_at<\?\)$/],
    ['what is due after', DUE_AFTER, /^SEARCH sessions USING COVERING INDEX sessions_due/],
  ])('%s', (_, sql, plan) => {
    expect(planOf(sql)).toMatch(plan);
  });

  test('a journal, without sorting', () => {
    const plan = planOf(READ_JOURNAL);
    expect(plan).toMatch(/SEARCH journal USING PRIMARY KEY \(session=\? AND seq>\?\)/);
    expect(plan).not.toMatch(/SCAN|TEMP/);
  });

  // Older ones do not call it a covering index, but do not go from it to the rows either.
  test.each(WHOSE)('a count of %s', (whose) => {
    expect(planOf(countOf(whose))).toMatch(/INDEX sessions_living/);
  });

  test.each(WHOSE)('a list of %s, without sorting', (whose) => {
    for (const hasCursor of [true, false]) {
      const plan = planOf(listOf(whose, hasCursor, true));
      expect(plan).not.toMatch(/TEMP/);
      expect(plan).toMatch(
        whose === 'everybody' ? /INDEX sqlite_autoindex/ : /SEARCH .* INDEX sessions_principal \(/,
      );
    }
  });
});
