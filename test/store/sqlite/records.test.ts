import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { DAMAGED_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { openReader } from '../../../src/store/sqlite/reader.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A folder with these sessions, `spoil` done to its database; each has a journal of two entries. */
const spoilt = async (ids: readonly string[], spoil: string) => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const first = await openSqliteStore({ folder, waitMs: 0 });
  for (const id of ids) {
    const due = { at: 5, deadline: 'maxLifetime' } as const;
    const made = await first.create(newRecord(id, { due, snapshot: { of: id } }));
    await first.commit(made, { append: ['one', 'two'] });
  }
  await first.close();
  const { open } = await loadDriver();
  const database = open(join(folder, 'sessions.db'), { readOnly: false });
  database.exec(spoil);
  database.close();
  return folder;
};

const opened = async (folder: string) => {
  const store = await openSqliteStore({ folder, waitMs: 0 });
  onTestFinished(() => store.close());
  return store;
};

test.each(['session', 'snapshot'])(
  'a record whose %s is no JSON is given out as damaged, and stands in nobody else’s way',
  async (column) => {
    const folder = await spoilt(
      ['a', 'bad', 'c'],
      `UPDATE sessions SET ${column} = '{"a":' WHERE id = 'bad'`,
    );
    const reader = await openReader(folder);
    const damaged = { id: 'bad', schema: DAMAGED_SCHEMA, session: null, snapshot: null };
    expect([...reader.records()]).toMatchObject([{ id: 'a', schema: 1 }, damaged, { id: 'c' }]);
    reader.close();
    const store = await opened(folder);
    expect(await store.load('bad')).toMatchObject({
      ...damaged,
      principal: 'alice',
      state: 'active',
      due: { at: 5, deadline: 'maxLifetime' },
    });
    const { records } = await store.list({ limit: 10 });
    expect(records).toMatchObject([{ id: 'a', snapshot: { of: 'a' } }, damaged, { id: 'c' }]);
    expect(await store.dueBefore(10, 10)).toMatchObject([{ id: 'a' }, damaged, { id: 'c' }]);
    // Nothing of it was changed: what is in the folder may yet be of use.
    const held = await store.claim('bad', 'me');
    expect(held).toMatchObject({ ...damaged, owner: 'me' });
  },
);

test('a damaged entry fails the read of that journal only, for good', async () => {
  const folder = await spoilt(
    ['a', 'bad'],
    `UPDATE journal SET data = '"on' WHERE seq = 2
       AND session = (SELECT number FROM sessions WHERE id = 'bad')`,
  );
  const store = await opened(folder);
  const read = (id: string, limit: number) => store.readJournal(id, { after: 0, limit });
  const asked = [read('bad', 9).catch((error: unknown) => error), read('a', 9), store.load('a')];
  const [error, others, record] = await Promise.all(asked);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({
    retryable: false,
    message: 'The store failed: the entry 2 of a journal is damaged: restore it from a copy.',
  });
  expect(others).toHaveLength(2);
  expect(record).toMatchObject({ id: 'a' });
  expect(await read('bad', 1)).toMatchObject([{ seq: 1, data: 'one' }]);
});
