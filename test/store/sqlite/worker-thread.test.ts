import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Call, NotSent } from '../../../src/store/sqlite/calls.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { WorkerThread } from '../../../src/store/sqlite/worker-thread.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { storeProcess } from './store-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

let folder: string;
let remove: () => void;

beforeEach(() => {
  ({ folder, remove } = temporaryFolder());
});
afterEach(() => remove());

const OPEN = 'const store = await openSqliteStore({ folder });';

test('a script that does not close its store ends by itself, and says nothing', async () => {
  const script = storeProcess(
    `${OPEN} await store.create(record('a')); console.log('made');`,
    folder,
  );
  expect(await script.nextLine()).toBe('made');
  expect(await script.exit()).toEqual({ code: 0, errors: '' });
});

test('nothing is printed, whatever warnings Node is told to show', async () => {
  const script = storeProcess(`${OPEN} await store.close();`, folder, ['--trace-warnings']);
  expect(await script.exit()).toEqual({ code: 0, errors: '' });
});

test('a script that waits for an answer gets it before it ends', async () => {
  const script = storeProcess(
    `${OPEN}
     let held = await store.create(record('a'));
     for (let n = 1; n <= 20; n++) held = await store.commit(held, { append: [n] });
     store.load('a').then((found) => console.log('found', found.journalSeq));`,
    folder,
  );
  expect(await script.nextLine()).toBe('found 20');
  expect(await script.exit()).toEqual({ code: 0, errors: '' });
  const store = await openSqliteStore({ folder });
  expect((await store.load('a'))?.journalSeq).toBe(20);
  await store.close();
});

test('a write that nobody awaits is done before a script ends', async () => {
  const script = storeProcess(`${OPEN} store.create(record('a'));`, folder);
  expect((await script.exit()).code).toBe(0);
  const store = await openSqliteStore({ folder });
  expect((await store.load('a'))?.id).toBe('a');
  await store.close();
});

test('one that waits for a folder keeps the process, until it has it', async () => {
  const store = await openSqliteStore({ folder });
  const script = storeProcess(
    `const store = await openSqliteStore({ folder, onWaiting: ({ pid }) => console.log('waits for', pid) });
     await store.close();
     console.log('had it');`,
    folder,
  );
  expect(await script.nextLine()).toBe(`waits for ${process.pid}`);
  await store.close();
  expect(await script.nextLine()).toBe('had it');
  expect(await script.exit()).toEqual({ code: 0, errors: '' });
});

test('close ends the thread, and the folder can be had at once', async () => {
  for (let n = 0; n < 3; n++) {
    const store = await openSqliteStore({ folder, waitMs: 0 });
    await store.create(newRecord(`s${n}`));
    expect(existsSync(join(folder, 'owner.json'))).toBe(true);
    await store.close();
    expect(readdirSync(folder).sort()).toEqual(['owner.db', 'sessions.db']);
  }
});

test('a thread that dies tells what is under way, and what is asked later; to close it is still no error', async () => {
  const thread = new WorkerThread({ folder, maxBytes: null });
  expect(await thread.open(0)).toEqual({ open: 'opened' });
  // A call of no kind there is: nothing that crosses has it, so the thread ends.
  const odd = { ask: 'what' };
  const underWay = thread.send(odd as unknown as []); // On purpose: it is no group.
  const after = thread.send([{ op: 'count', principal: undefined }]);
  await expect(underWay).rejects.toThrow('The thread of the store has ended: ');
  await expect(after).rejects.toThrow('The thread of the store has ended: ');
  await expect(thread.send([])).rejects.toThrow('The thread of the store has ended: ');
  await thread.close();
  const store = await openSqliteStore({ folder, waitMs: 0 });
  await store.close();
});

test('what cannot cross to it is told so, costs nobody else an answer, and the thread goes on', async () => {
  const thread = new WorkerThread({ folder, maxBytes: null });
  await thread.open(0);
  const count = { op: 'count', principal: undefined } as const;
  const odd = { op: 'load', id: () => 1 };
  const [before, refused, after] = await Promise.allSettled([
    thread.send([count]),
    thread.send([odd as unknown as Call]), // On purpose: a function cannot cross.
    thread.send([count, count]),
  ]);
  expect(before).toEqual({ status: 'fulfilled', value: [{ value: 0 }] });
  expect(refused).toMatchObject({ status: 'rejected', reason: expect.any(NotSent) });
  expect(after).toEqual({ status: 'fulfilled', value: [{ value: 0 }, { value: 0 }] });
  await thread.close();
});

test('a thread that is asked before it has the folder dies rather than lie', async () => {
  const thread = new WorkerThread({ folder, maxBytes: null });
  await expect(thread.send([])).rejects.toThrow('a call came before the folder was opened');
  await thread.close();
});
