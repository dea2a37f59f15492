import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InvalidOptionError, StoreOpenError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/open.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { storeProcess } from './store-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

let folder: string;
let remove: () => void;
const stores: Store[] = [];

beforeEach(() => {
  ({ folder, remove } = temporaryFolder());
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  remove();
});

const open = async (options: Partial<SqliteStoreOptions> = {}): Promise<Store> => {
  const store = await openSqliteStore({ folder, waitMs: 0, ...options });
  stores.push(store);
  return store;
};

const refusal = async (options: Partial<SqliteStoreOptions> = {}): Promise<StoreOpenError> => {
  const answer: unknown = await open(options).catch((error) => error);
  if (answer instanceof StoreOpenError) return answer;
  throw new Error(`it was no StoreOpenError: ${answer}`, { cause: answer });
};

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('what was kept is there when it is opened again, and nobody holds anything', async () => {
  const store = await open();
  const made = await store.create(newRecord('a', { owner: 'p1', key: 'k' }));
  const held = await store.commit(made, { append: ['x', { y: 1 }] });
  expect(await store.alive(5)).toBeNull();
  await store.close();
  const again = await open();
  expect(await again.load('a')).toEqual({ ...held, owner: null });
  expect(await again.readJournal('a', { after: 0, limit: 9 })).toMatchObject([
    { data: 'x' },
    { data: { y: 1 } },
  ]);
  expect(await again.alive(1)).toBe(5);
  expect((await again.claim('a', 'p2'))?.epoch).toBe(2);
});

test('it makes the folder, for its user alone, and leaves two files when it is closed', async () => {
  const deep = join(folder, 'some', 'where');
  const store = await open({ folder: deep });
  await store.create(newRecord('a'));
  expect(modeOf(deep)).toBe('700');
  for (const file of readdirSync(deep))
    expect([file, modeOf(join(deep, file))]).toEqual([file, '600']);
  expect(readdirSync(deep)).toContain('sessions.db-wal');
  await store.close();
  expect(readdirSync(deep).sort()).toEqual(['owner.db', 'sessions.db']);
});

describe('a folder that is in use', () => {
  test('is refused with the name of the process that has it, and left to that', async () => {
    const store = await open();
    const error = await refusal();
    expect(error).toMatchObject({ reason: 'in-use', retryable: true });
    expect(error.code).toBe('ERR_HOLDFAST_STORE_OPEN');
    expect(error.message).toContain(`in use by the process ${process.pid}, since 20`);
    expect(error.message).toContain(folder);
    expect(error.message).toContain('Stop that process, or give another folder.');
    await store.create(newRecord('a'));
  });

  test('is waited for, told once, and asked for again until it is free', async () => {
    const first = await open();
    const told: unknown[] = [];
    let isOpen = false;
    const second = open({ waitMs: 60_000, onWaiting: (holder) => told.push(holder) }).then(
      (store) => {
        isOpen = true;
        return store;
      },
    );
    await expect.poll(() => told.length).toBe(1);
    await first.create(newRecord('a'));
    expect(isOpen).toBe(false);
    await first.close();
    expect((await (await second).load('a'))?.id).toBe('a');
    expect(told).toEqual([{ pid: process.pid, host: hostname(), since: expect.any(Number) }]);
  });

  test('is waited for as long as was said, by the clock that was given', async () => {
    await open();
    const clock = createVirtualClock();
    let asked = 0;
    const waiting = refusal({ waitMs: 1_000, clock, onWaiting: () => (asked += 1) });
    let error: StoreOpenError | null = null;
    void waiting.then((one) => {
      error = one;
    });
    await expect.poll(() => asked).toBe(1);
    while (clock.mono() < 1_000) {
      expect(error).toBeNull();
      await expect.poll(() => clock.pending).toBe(1);
      await clock.advance(100);
    }
    expect((await waiting).message).toContain('It did not give it up within 1000 ms.');
    expect([asked, clock.pending, clock.mono()]).toEqual([1, 0, 1_000]);
  });

  test('by another process is refused with its name, until that one is killed', async () => {
    const other = storeProcess(
      `const store = await openSqliteStore({ folder });
       await store.create(record('a'));
       console.log('opened');
       setInterval(() => {}, 1000);`,
      folder,
    );
    await other.nextLine();
    expect((await refusal()).message).toContain(`in use by the process ${other.pid}, since`);
    other.signal('SIGKILL');
    await other.exit();
    expect((await (await open()).load('a'))?.id).toBe('a');
  });

  test('after a process that was killed, a wrong note does no harm', async () => {
    const note = { pid: 1, host: 'elsewhere', since: 0 };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(note));
    await open();
    expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')).pid).toBe(process.pid);
  });

  test('on another host is named with it', async () => {
    const owned = await open();
    const note = { pid: 7, host: 'elsewhere', since: 0 };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(note));
    expect((await refusal()).message).toContain(
      'in use by the process 7 on elsewhere, since 1970-01-01T00:00:00.000Z;',
    );
    writeFileSync(join(folder, 'owner.json'), '');
    expect((await refusal()).message).toContain('in use by another process;');
    await owned.close();
  });
});

describe('what is no store of ours', () => {
  test('a newer schema is refused, named, and left as it is', async () => {
    await (await open()).close();
    const path = join(folder, 'sessions.db');
    const database = (await loadDriver()).open(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = readFileSync(path);
    const error = await refusal();
    expect(error).toMatchObject({ reason: 'newer-schema', retryable: false });
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/version 99\b.*Start the newer version of Holdfast/);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).not.toContain('owner.json');
  });

  test.each(['sessions.db', 'owner.db'])('%s that is no database', async (name) => {
    const path = join(folder, name);
    writeFileSync(path, 'Dear diary, today I am no database at all. '.repeat(100));
    const before = readFileSync(path);
    const error = await refusal();
    expect(error).toMatchObject({ reason: 'not-a-store', retryable: false });
    expect(error.message).toContain(path);
    expect(error.message).toContain('not a database');
    expect(error.message).toContain('a database that Holdfast made');
    expect(error.cause).toMatchObject({ code: 26 });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a database of another program', async () => {
    const database = (await loadDriver()).open(join(folder, 'sessions.db'));
    database.exec('CREATE TABLE songs (title TEXT)');
    database.close();
    expect(await refusal()).toMatchObject({ reason: 'not-a-store' });
  });

  test('what was refused can be opened once it is mended: the folder was given back', async () => {
    writeFileSync(join(folder, 'sessions.db'), 'no database '.repeat(100));
    await refusal();
    writeFileSync(join(folder, 'sessions.db'), '');
    await (await open()).create(newRecord('a'));
  });
});

describe('where nothing can be written', () => {
  test('a folder below a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'store')]) {
      const error = await refusal({ folder: path });
      expect(error).toMatchObject({ reason: 'not-writable', retryable: false });
      expect(error.message).toBe(
        `The folder ${path} cannot be made: ${file} is a file. Give the path of a folder.`,
      );
    }
  });

  test('a folder where the database should be', async () => {
    mkdirSync(join(folder, 'sessions.db'));
    const error = await refusal();
    expect(error.reason).toBe('not-writable');
    expect(error.message).toContain(join(folder, 'sessions.db'));
  });

  const isMounted = (...options: string[]): boolean =>
    spawnSync('mount', [...options, folder]).status === 0;

  test('a disk that is only to be read (skipped where this user may not mount one)', async ({
    skip,
  }) => {
    if (!isMounted('-t', 'tmpfs', '-o', 'size=4m', 'holdfast-test')) skip('mount is not allowed');
    try {
      for (const hasStore of [false, true]) {
        if (hasStore) await (await open()).close();
        expect(isMounted('-o', 'remount,ro')).toBe(true);
        const error = await refusal();
        expect(error).toMatchObject({ reason: 'not-writable', retryable: false });
        expect(error.message).toContain('change that, or give another folder');
        expect(isMounted('-o', 'remount,rw')).toBe(true);
      }
      await (await open()).close();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

test.each([
  [{ folder: '' }, 'folder'],
  [{ folder: 'a\0b' }, 'folder'],
  [{ folder: 7 }, 'folder'],
  [{ waitMs: -1 }, 'waitMs'],
  [{ waitMs: Number.NaN }, 'waitMs'],
  [{ waitMs: '1' }, 'waitMs'],
  [{ onWaiting: 1 }, 'onWaiting'],
  [{ maxBytes: 1_000 }, 'maxBytes'],
  [{ maxBytes: 2_000_000.5 }, 'maxBytes'],
])('%j is refused at the door', async (options, option) => {
  const error: unknown = await open(options as Partial<SqliteStoreOptions>).catch((one) => one);
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option });
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [
    { folder: ':memory:' },
    'folder is ":memory:", but must be the path of a folder: what keeps nothing is createMemoryStore().',
  ],
  ['sessions', 'options is "sessions", but must be an object, such as { folder: "sessions" }.'],
  [undefined, 'options is undefined, but must be an object, such as { folder: "sessions" }.'],
  [null, 'options is null, but must be an object, such as { folder: "sessions" }.'],
  [['sessions'], 'options is an array, but must be an object, such as { folder: "sessions" }.'],
  [
    { path: 'x' },
    'path is "x", but must be left out: the options are folder, waitMs, onWaiting, maxBytes, clock.',
  ],
  [
    { folder: 'x', waitMS: 1 },
    'waitMS is 1, but must be left out: the options are folder, waitMs, onWaiting, maxBytes, clock.',
  ],
])('what was meant otherwise is named: %j', async (options, message) => {
  // As somebody without types would.
  const opening = openSqliteStore(options as unknown as SqliteStoreOptions);
  await expect(opening).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(opening).rejects.toMatchObject({ message });
});
