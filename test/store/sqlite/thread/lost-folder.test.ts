import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../../../src/errors.ts';
import type { Store } from '../../../../src/store/contract.ts';
import { openSqliteStore } from '../../../../src/store/sqlite/open.ts';
import { newRecord } from '../../../../src/testing/store-contract/case.ts';
import { storeInProcess } from '../in-process-thread.ts';

// What is written into a file that was removed is lost, and another process can have the folder: nothing is acknowledged
// from then on.

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'holdfast-lost-'));
  folder = join(parent, 'store');
  mkdirSync(folder);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const losses: readonly (readonly [string, () => void])[] = [
  ['removed', () => rmSync(folder, { recursive: true })],
  ['moved away', () => renameSync(folder, join(parent, 'elsewhere'))],
  [
    'replaced',
    () => {
      renameSync(folder, join(parent, 'elsewhere'));
      mkdirSync(folder);
    },
  ],
  ['without its lock', () => unlinkSync(join(folder, 'owner.db'))],
  ['without its database', () => unlinkSync(join(folder, 'sessions.db'))],
];

const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error) => error);

const expectFinal = (error: unknown): void => {
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({
    retryable: false,
    message: `The store failed: the folder ${folder} was removed or replaced: stop this process.`,
  });
};

describe.each(losses)('a folder that is %s', (_, lose) => {
  let store: Store;

  beforeEach(async () => {
    store = await storeInProcess(folder);
  });
  afterEach(() => store.close());

  test('fails every call from the first that writes on, for good', async () => {
    const held = await store.create(newRecord('a'));
    lose();
    expectFinal(await outcomeOf(store.commit(held, { append: ['x'] })));
    expectFinal(await outcomeOf(store.create(newRecord('b'))));
    expectFinal(await outcomeOf(store.load('a')));
    expectFinal(await outcomeOf(store.count({})));
    expectFinal(await outcomeOf(store.alive(1)));
  });

  test('is noticed by the note that the process lives, with all that is asked beside it', async () => {
    lose();
    const asked = [store.load('a'), store.alive(1), store.list({ limit: 1 })];
    for (const call of asked) expectFinal(await outcomeOf(call));
  });
});

test('a folder that comes back after its loss was noticed stays lost: another process could have had it', async () => {
  const store = await storeInProcess(folder);
  await store.create(newRecord('a'));
  renameSync(folder, join(parent, 'elsewhere'));
  expectFinal(await outcomeOf(store.alive(1)));
  renameSync(join(parent, 'elsewhere'), folder);
  expectFinal(await outcomeOf(store.create(newRecord('b'))));
  await store.close();
});

test('to look for it costs the owner no lock', async () => {
  const store = await storeInProcess(folder);
  for (let n = 0; n < 5; n++) await store.alive(n);
  await expect(openSqliteStore({ folder, waitMs: 0 })).rejects.toMatchObject({ reason: 'in-use' });
  await store.close();
});

test('whoever has the new folder keeps it, its note and its log when the one before closes', async () => {
  const first = await openSqliteStore({ folder });
  await first.create(newRecord('a'));
  rmSync(folder, { recursive: true });
  const second = await openSqliteStore({ folder });
  await second.create(newRecord('b'));
  const note = readFileSync(join(folder, 'owner.json'), 'utf8');
  expectFinal(await outcomeOf(first.create(newRecord('lost'))));
  await first.close();
  expect(readFileSync(join(folder, 'owner.json'), 'utf8')).toBe(note);
  expect(existsSync(join(folder, 'sessions.db-wal'))).toBe(true);
  await expect(openSqliteStore({ folder, waitMs: 0 })).rejects.toMatchObject({ reason: 'in-use' });
  await second.create(newRecord('c'));
  await second.close();
  expect(readdirSync(folder).sort()).toEqual(['owner.db', 'sessions.db']);
  const third = await openSqliteStore({ folder });
  expect((await third.list({ limit: 9 })).records.map(({ id }) => id)).toEqual(['b', 'c']);
  await third.close();
});
