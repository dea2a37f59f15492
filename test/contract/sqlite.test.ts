import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type OpenedStore, storeContract } from '../../src/testing/store-contract.ts';
import { storeInProcess } from '../store/sqlite/in-process-thread.ts';
import { temporaryFolder } from '../store/sqlite/temporary-folder.ts';
import { storeModel } from './store-model.ts';

const inWorker = async (): Promise<OpenedStore> => {
  const { folder, remove } = temporaryFolder();
  return { store: await openSqliteStore({ folder }), cleanup: async () => remove() };
};
for (const { name, run } of storeContract(inWorker)) test(`the SQLite store: ${name}`, run);

const inProcess = async (): Promise<OpenedStore> => {
  const { folder, remove } = temporaryFolder();
  return { store: await storeInProcess(folder), cleanup: async () => remove() };
};
for (const { name, run } of storeContract(inProcess)) {
  test(`the SQLite store without its worker: ${name}`, run);
}

test('in whatever order it is used, it answers as a plain model does', async () => {
  await fc.assert(storeModel(inProcess), { numRuns: 100 });
});

test('it is durable', async () => {
  const { store, cleanup } = await inWorker();
  expect(store.durable).toBe(true);
  await store.close();
  await cleanup?.();
});
