import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Driver, loadDriver } from '../../../../src/store/sqlite/thread/driver.ts';
import { FolderOwner, holderOf } from '../../../../src/store/sqlite/thread/folder-owner.ts';
import { storeProcess } from '../store-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

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

test('a folder in the place of the note keeps nobody out, and is left there', () => {
  mkdirSync(join(folder, 'owner.json'));
  const first = take();
  expect(first).not.toBeNull();
  expect(holderOf(folder)).toBeNull();
  expect(take()).toBeNull();
  first?.release();
  const second = take();
  expect(second).not.toBeNull();
  second?.release();
  expect(readdirSync(folder).sort()).toEqual(['owner.db', 'owner.json']);
});

test('a note that cannot be removed is left there, and the folder is given up all the same', () => {
  const owner = take();
  rmSync(join(folder, 'owner.json'));
  mkdirSync(join(folder, 'owner.json'));
  owner?.release();
  const second = take();
  expect(second).not.toBeNull();
  second?.release();
});

test.each([
  { ...me, pid: process.pid + 1 },
  { ...me, since: me.since + 1 },
])('a note of somebody else is left there: %j', (note) => {
  const owner = take();
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(note));
  owner?.release();
  expect(holderOf(folder)).toEqual(note);
});

test('the note of whoever has the new folder stays, though it is of the same process and moment', () => {
  const first = take();
  for (const name of ['owner.db', 'owner.json']) rmSync(join(folder, name));
  expect(first?.isLost()).toBe(true);
  const second = take();
  first?.release();
  expect(holderOf(folder)).toEqual(me);
  expect(second?.isLost()).toBe(false);
  expect(take()).toBeNull();
  second?.release();
});
