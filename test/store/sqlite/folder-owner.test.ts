import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Driver, loadDriver } from '../../../src/store/sqlite/driver.ts';
import { FolderOwner, holderOf } from '../../../src/store/sqlite/folder-owner.ts';
import { storeProcess } from './store-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

let folder: string;
let remove: () => void;
let driver: Driver;

beforeEach(async () => {
  ({ folder, remove } = temporaryFolder());
  driver = await loadDriver();
});
afterEach(() => remove());

const me = { pid: process.pid, host: hostname(), since: 1_700_000_000_000 };
const take = () => FolderOwner.take(folder, driver, me);

const HOLD = `
const store = await openSqliteStore({ folder });
await store.create(record('a'));
console.log('opened');
setInterval(() => {}, 1000);
`;

test('a folder has one owner, until it is given up', () => {
  const first = take();
  expect(first).not.toBeNull();
  expect(take()).toBeNull();
  expect(take()).toBeNull();
  first?.release();
  const second = take();
  expect(second).not.toBeNull();
  second?.release();
});

test('whoever asks for it in vain does not cost its owner the lock', async () => {
  const owner = take();
  for (let n = 0; n < 5; n++) expect(take()).toBeNull();
  const other = storeProcess(
    `await openSqliteStore({ folder, waitMs: 0 }).catch((error) => console.log(error.reason));`,
    folder,
  );
  expect(await other.nextLine()).toBe('in-use');
  owner?.release();
});

test('it says who it is while it has it, in a file that only its user may read', () => {
  expect(holderOf(folder)).toBeNull();
  const owner = take();
  expect(holderOf(folder)).toEqual(me);
  expect(statSync(join(folder, 'owner.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'owner.db')).mode & 0o777).toBe(0o600);
  owner?.release();
  expect(existsSync(join(folder, 'owner.json'))).toBe(false);
});

test.each(['', '{', 'null', '[]', '{"pid":"1"}', '{"pid":1,"host":"h"}'])(
  'a note of %j says nothing, and keeps nobody out',
  (note) => {
    writeFileSync(join(folder, 'owner.json'), note);
    expect(holderOf(folder)).toBeNull();
    const owner = take();
    expect(holderOf(folder)).toEqual(me);
    owner?.release();
  },
);

test('a process that is killed leaves a note, and no lock', async () => {
  const other = storeProcess(HOLD, folder);
  await other.nextLine();
  expect(holderOf(folder)).toMatchObject({ pid: other.pid, host: hostname() });
  expect(take()).toBeNull();
  other.signal('SIGKILL');
  await other.exit();
  expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')).pid).toBe(other.pid);
  const owner = take();
  expect(owner).not.toBeNull();
  expect(holderOf(folder)).toEqual(me);
  owner?.release();
});

test('a process that is stopped keeps it', async () => {
  const other = storeProcess(HOLD, folder);
  await other.nextLine();
  other.signal('SIGSTOP');
  expect(take()).toBeNull();
  expect(holderOf(folder)?.pid).toBe(other.pid);
  other.signal('SIGCONT');
  expect(take()).toBeNull();
  other.signal('SIGKILL');
  await other.exit();
  take()?.release();
});
