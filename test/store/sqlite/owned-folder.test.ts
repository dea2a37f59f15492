import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreOpenError } from '../../../src/errors.ts';
import type { SessionRecord } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { ownFolder, type TakenRecord } from '../../../src/store/sqlite/owned-folder.ts';
import { newRecord, THEN } from '../../../src/testing/store-contract/case.ts';
import { temporaryFolder } from './temporary-folder.ts';

const newFolder = (): string => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  return join(folder, 'store');
};

const recordOf = (id: string, special: Partial<SessionRecord> = {}): TakenRecord => {
  const { owner: _, ...record } = newRecord(id);
  return { ...record, epoch: 1, journalSeq: 0, ...special };
};

test('what is put there is what a store opens: record, journal, key, deadline; a token of its own and no owner', async () => {
  const folder = newFolder();
  const record = recordOf('a', {
    epoch: 7,
    key: 'k',
    state: 'paused',
    due: { at: THEN + 0.5, deadline: 'pausedTimeout' },
    journalSeq: 9,
    snapshot: { any: ['thing'] },
  });
  const owned = await ownFolder(folder, true);
  const result = await owned.change((writer) => {
    writer.put(record);
    writer.append({ seq: 8, epoch: 2, data: { text: '\u2028 \ud800' } });
    writer.append({ seq: 9, epoch: 7, data: null });
    return 'done';
  });
  expect(result).toBe('done');
  owned.close();
  owned.close();

  const store = await openSqliteStore({ folder, waitMs: 0 });
  onTestFinished(() => store.close());
  const found = await store.load('a');
  expect(found).toEqual({ ...record, owner: null, token: expect.stringMatching(/^[\w-]{22}$/) });
  expect(await store.readJournal('a', { after: 0, limit: 10 })).toEqual([
    { seq: 8, epoch: 2, data: { text: '\u2028 \ud800' } },
    { seq: 9, epoch: 7, data: null },
  ]);
  expect((await store.find('alice', 'k'))?.id).toBe('a');
  expect(await store.dueBefore(THEN + 1, 10)).toHaveLength(1);
  const claimed = await store.claim('a', 'process');
  expect(claimed).toMatchObject({ epoch: 8, owner: 'process' });
});

test('what throws changes nothing, and the next change is made as if there had been none', async () => {
  const folder = newFolder();
  const owned = await ownFolder(folder, true);
  onTestFinished(() => owned.close());
  const failing = owned.change(async (writer) => {
    writer.put(recordOf('a', { journalSeq: 1 }));
    writer.append({ seq: 1, epoch: 1, data: 1 });
    await Promise.resolve();
    throw new Error('the file ends here');
  });
  await expect(failing).rejects.toThrow('the file ends here');
  await owned.change((writer) => {
    expect(writer.record('a')).toBeNull();
    expect(writer.inTheWay(recordOf('a'))).toBeNull();
    writer.put(recordOf('b'));
  });
  await owned.change((writer) =>
    expect(writer.record('b')).toMatchObject({ id: 'b', state: 'active' }),
  );
});

test('what is in the way of a record: its id, its key, or that it was put here before', async () => {
  const folder = newFolder();
  const owned = await ownFolder(folder, true);
  onTestFinished(() => owned.close());
  await owned.change((writer) => {
    writer.put(recordOf('there', { key: 'k' }));
    writer.put(recordOf('anonymous', { principal: null, key: 'k' }));
    writer.put(recordOf('over', { key: 'free', state: 'terminated' }));
  });
  await owned.change((writer) => {
    const inTheWay = (id: string, special: Partial<SessionRecord> = {}) =>
      writer.inTheWay(recordOf(id, special));
    expect(inTheWay('there')).toBe('id');
    expect(inTheWay('new', { key: 'k' })).toBe('key');
    expect(inTheWay('new', { key: 'k', principal: null })).toBe('key');
    expect(inTheWay('new', { key: 'k', principal: 'bob' })).toBeNull();
    expect(inTheWay('new', { key: 'k', state: 'terminated' })).toBeNull();
    expect(inTheWay('new', { key: 'free' })).toBeNull();
    writer.put(recordOf('new'));
    expect(inTheWay('new')).toBe('twice');
  });
});

test('what SQLite says is an error of the store, and changes nothing either; a full disk is told as that', async () => {
  const folder = newFolder();
  const owned = await ownFolder(folder, true);
  onTestFinished(() => owned.close());
  const failing = (code: number) =>
    owned.change((writer) => {
      writer.put(recordOf('a'));
      // As both drivers have it.
      throw Object.assign(new Error('no'), { rawCode: code, errcode: code });
    });
  await expect(failing(13)).rejects.toMatchObject({
    code: 'ERR_HOLDFAST_STORE',
    message: 'The store failed: the disk is full.',
  });
  await expect(failing(10)).rejects.toMatchObject({
    message: 'The store failed: SQLite says "no".',
  });
  await owned.change((writer) => expect(writer.record('a')).toBeNull());
});

test('what is removed goes with its journal, and only that', async () => {
  const folder = newFolder();
  const owned = await ownFolder(folder, true);
  await owned.change((writer) => {
    for (const id of ['c', 'b', 'a']) {
      writer.put(recordOf(id, { journalSeq: 1, state: id === 'c' ? 'idle' : 'terminated' }));
      writer.append({ seq: 1, epoch: 1, data: id });
    }
  });
  await owned.change((writer) => {
    const ended = (after: string, limit: number) => writer.ended(after, limit).map(({ id }) => id);
    expect(ended('', 10)).toEqual(['a', 'b']);
    expect(ended('', 1)).toEqual(['a']);
    expect(ended('a', 1)).toEqual(['b']);
    writer.remove('a');
    writer.remove('never was');
    expect(ended('', 10)).toEqual(['b']);
  });
  owned.close();
  const store = await openSqliteStore({ folder, waitMs: 0 });
  onTestFinished(() => store.close());
  expect(await store.load('a')).toBeNull();
  // Its place, the last one, is taken again: nothing of the journal before may show.
  const again = await store.create(newRecord('a'));
  expect(await store.readJournal('a', { after: 0, limit: 10 })).toEqual([]);
  await store.commit(again, { append: ['new'] });
  expect(await store.readJournal('b', { after: 0, limit: 10 })).toHaveLength(1);
});

test('it is had by one at a time: a server is named, and has it again afterwards', async () => {
  const folder = newFolder();
  const store = await openSqliteStore({ folder, waitMs: 0 });
  await expect(ownFolder(folder)).rejects.toMatchObject({
    reason: 'in-use',
    message: expect.stringContaining(`is held by process ${process.pid}`),
  });
  await store.close();
  const owned = await ownFolder(folder);
  await expect(openSqliteStore({ folder, waitMs: 0 })).rejects.toBeInstanceOf(StoreOpenError);
  owned.close();
  await (await openSqliteStore({ folder, waitMs: 0 })).close();
});

test('a folder is made only where that was asked for', async () => {
  const folder = newFolder();
  await expect(ownFolder(folder)).rejects.toThrow();
  expect(existsSync(folder)).toBe(false);
  (await ownFolder(folder, true)).close();
  expect(existsSync(join(folder, 'sessions.db'))).toBe(true);
});

test('one that is given up as if it had never been taken leaves nothing that it made', async () => {
  const folder = newFolder();
  const deep = join(folder, 'some', 'where');
  const owned = await ownFolder(deep, true);
  await owned.change((writer) => writer.put(recordOf('a')));
  owned.undo();
  owned.undo();
  owned.close();
  expect(readdirSync(dirname(folder))).toEqual([]);
});

test('that leaves what was there: a folder with files, and a store', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine'), '');
  (await ownFolder(folder, true)).undo();
  expect(readdirSync(folder)).toEqual(['mine']);
  writeFileSync(join(folder, 'owner.db'), '');
  (await ownFolder(folder, true)).undo();
  expect(readdirSync(folder).sort()).toEqual(['mine', 'owner.db']);

  const first = await ownFolder(folder, true);
  await first.change((writer) => writer.put(recordOf('a')));
  first.close();
  (await ownFolder(folder, true)).undo();
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['mine', 'owner.db', 'sessions.db']));
  const again = await ownFolder(folder);
  await again.change((writer) => expect(writer.record('a')?.id).toBe('a'));
  again.close();
});

test('a file where the folder should be is told as that', async () => {
  const folder = newFolder();
  writeFileSync(folder, '');
  await expect(ownFolder(folder, true)).rejects.toMatchObject({
    reason: 'not-writable',
    message: expect.stringContaining(`${folder} is a file.`),
  });
});
