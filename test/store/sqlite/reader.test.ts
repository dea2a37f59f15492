import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreOpenError } from '../../../src/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { DAMAGED_ENTRY, databaseIn, openReader } from '../../../src/store/sqlite/reader.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { newRecord, THEN } from '../../../src/testing/store-contract/case.ts';
import { temporaryFolder } from './temporary-folder.ts';

const newFolder = (): string => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  return folder;
};

const opened = async (folder: string) => {
  const store = await openSqliteStore({ folder, waitMs: 0 });
  onTestFinished(() => store.close());
  return store;
};

test('it sees one moment beside the process that writes, which goes on', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  const made = await store.create(newRecord('b', { owner: 'process', key: 'k' }));
  await store.commit(made, { append: ['one', 'two'] });
  await store.alive(THEN + 5);
  const reader = await openReader(folder);
  const held = await store.load('b');
  if (held === null) throw new Error('It was made.');
  await store.create(newRecord('a'));
  await store.commit(held, { state: 'paused', append: ['three'] });
  await store.alive(THEN + 50);

  expect(reader.size).toBe(1);
  expect(reader.aliveAt).toBe(THEN + 5);
  expect([...reader.records()]).toEqual([held]);
  expect(reader.record('b')).toEqual(held);
  expect(reader.record('a')).toBeNull();
  expect([...reader.entries('b')].map(({ data }) => data)).toEqual(['one', 'two']);
  expect([...reader.entries('a')]).toEqual([]);
  reader.close();
  reader.close();

  const later = await openReader(folder);
  expect([...later.records()].map(({ id }) => id)).toEqual(['a', 'b']);
  expect([...later.entries('b')]).toHaveLength(3);
  expect(later.aliveAt).toBe(THEN + 50);
  later.close();
});

test('more than it has in memory at once: none is left out, none comes twice', async () => {
  const folder = newFolder();
  const store = await opened(folder);
  for (const n of [64, 65, 128, 131]) {
    const made = await store.create(newRecord(`journal-${n}`));
    await store.commit(made, { append: Array.from({ length: n }, (_, at) => at) });
    const reader = await openReader(folder);
    const numbers = [...reader.entries(`journal-${n}`)].map(({ data }) => data);
    expect(numbers).toEqual(Array.from({ length: n }, (_, at) => at));
    reader.close();
  }
  for (let n = 4; n < 130; n += 1) {
    await store.create(newRecord(`session-${String(n).padStart(3, '0')}`));
    if (n + 1 !== 64 && n + 1 !== 65 && n + 1 !== 128 && n + 1 !== 130) continue;
    const reader = await openReader(folder);
    const ids = [...reader.records()].map(({ id }) => id);
    expect(ids).toHaveLength(n + 1);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(reader.size).toBe(n + 1);
    reader.close();
  }
});

test('what is no JSON any more is given as such, by itself, and the rest is read', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder, waitMs: 0 });
  for (const id of ['a', 'b', 'c', 'd']) {
    const made = await store.create(newRecord(id));
    await store.commit(made, { append: ['one', 'two'] });
  }
  await store.close();
  const database = (await loadDriver()).open(join(folder, 'sessions.db'));
  database.exec(`UPDATE sessions SET session = '{"a":' WHERE id = 'b'`);
  database.exec(`UPDATE sessions SET snapshot = '' WHERE id = 'c'`);
  database.exec(`UPDATE journal SET data = 'x' WHERE seq = 1
    AND session = (SELECT number FROM sessions WHERE id = 'd')`);
  database.close();
  const reader = await openReader(folder);
  onTestFinished(() => reader.close());
  const found = [...reader.records()];
  expect(found.map(({ id, session }) => [id, session === null])).toEqual([
    ['a', false],
    ['b', true],
    ['c', true],
    ['d', false],
  ]);
  expect(reader.record('b')).toMatchObject({ id: 'b', session: null, snapshot: null });
  expect([...reader.entries('d')].map(({ seq, data }) => [seq, data])).toEqual([
    [1, DAMAGED_ENTRY],
    [2, 'two'],
  ]);
});

test('an owner of an earlier process holds nothing any more', async () => {
  const folder = newFolder();
  const first = await openSqliteStore({ folder, waitMs: 0 });
  await first.create(newRecord('a', { owner: 'process' }));
  const during = await openReader(folder);
  expect(during.record('a')?.owner).toBe('process');
  during.close();
  await first.close();
  await opened(folder);
  const after = await openReader(folder);
  expect(after.record('a')?.owner).toBeNull();
  after.close();
});

test('whether a process has the folder is known by its lock, whatever the note says, and costs nobody anything', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder, waitMs: 0 });
  const reader = await openReader(folder);
  writeFileSync(join(folder, 'owner.json'), '');
  expect(reader.isHeld()).toBe(true);
  expect(reader.isHeld()).toBe(true);
  await store.create(newRecord('a'));
  await store.close();
  expect(reader.isHeld()).toBe(false);
  const again = await opened(folder);
  expect(reader.isHeld()).toBe(true);
  await again.close();
  rmSync(join(folder, 'owner.db'));
  expect(reader.isHeld()).toBeNull();
  reader.close();
  expect(readdirSync(folder)).not.toContain('owner.db');
});

test('what is no store is told as such, and nothing is made', async () => {
  const folder = newFolder();
  const problemOf = async (path: string): Promise<unknown> => {
    try {
      (await openReader(path)).close();
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(StoreOpenError);
      return error;
    }
  };
  expect(await problemOf(join(folder, 'none'))).toMatchObject({
    reason: 'not-a-store',
    message: expect.stringContaining('There is no folder'),
  });
  expect(await problemOf(folder)).toMatchObject({
    reason: 'not-a-store',
    message: expect.stringContaining('There is no store in'),
  });
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'file'), '');
  expect(await problemOf(join(folder, 'file'))).toMatchObject({
    reason: 'not-a-store',
    message: `${join(folder, 'file')} is a file. Give the folder that a server keeps its sessions in.`,
  });
  mkdirSync(join(folder, 'other'));
  writeFileSync(
    join(folder, 'other', 'sessions.db'),
    'no database at all, but long enough for one',
  );
  expect(await problemOf(join(folder, 'other'))).toMatchObject({ reason: 'not-a-store' });
  expect(databaseIn(join(folder, 'other'))).toBe(join(folder, 'other', 'sessions.db'));
});
