import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import type { NewRecord } from '../../src/store/contract.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { storedSession } from '../../src/testing/store-contract/case.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { storeModel } from '../contract/store-model.ts';

const open = async () => ({ store: createMemoryStore() });

for (const { name, run } of storeContract(open)) test(`contract: ${name}`, run);

test('in whatever order it is used, it answers as a plain model does', async () => {
  await fc.assert(storeModel(open), { numRuns: 300 });
});

const session = storedSession({ list: [{ n: 1 }] });
const record: NewRecord = {
  id: 'a',
  principal: null,
  key: 'k',
  owner: null,
  state: 'active',
  due: { at: 5, deadline: 'maxLifetime' },
  schema: 1,
  session,
  snapshot: null,
};

test('it is not durable', () => {
  expect(createMemoryStore().durable).toBe(false);
});

test('a caller who writes to an answer gets a TypeError, not a changed store', async () => {
  const store = createMemoryStore();
  const made = await store.commit(await store.create(record), { append: [{ n: 1 }] });
  const [entry] = await store.readJournal('a', { after: 0, limit: 1 });
  expect(() => Object.assign(made, { epoch: 9 })).toThrow(TypeError);
  expect(() => Object.assign(made.session.metadata, { more: 1 })).toThrow(TypeError);
  expect(() => Object.assign(made.due ?? {}, { at: 9 })).toThrow(TypeError);
  expect(() => Object.assign(entry ?? {}, { seq: 9 })).toThrow(TypeError);
});

test('a record with data that JSON cannot carry is refused, and leaves nothing behind', async () => {
  const store = createMemoryStore();
  const dated = { ...session, metadata: { at: new Date(0) } };
  await expect(store.create({ ...record, session: dated })).rejects.toThrow(InvalidOptionError);
  await expect(store.create({ ...record, snapshot: () => {} })).rejects.toThrow('snapshot');
  expect(await store.load('a')).toBeNull();
  expect(await store.find(null, 'k')).toBeNull();
  expect(await store.dueBefore(9, 9)).toEqual([]);
  await store.create(record);
});

test('a commit with data that JSON cannot carry is refused whole, and the token stays good', async () => {
  const store = createMemoryStore();
  const made = await store.create(record);
  const refused = store.commit(made, { state: 'idle', due: null, append: ['good', Number.NaN] });
  await expect(refused).rejects.toThrow(InvalidOptionError);
  expect(await store.load('a')).toEqual(made);
  expect(await store.readJournal('a', { after: 0, limit: 9 })).toEqual([]);
  expect(await store.dueBefore(9, 9)).toEqual([made]);
  expect((await store.commit(made, { append: ['good'] })).journalSeq).toBe(1);
});

test('two stores know nothing of each other', async () => {
  const [one, other] = [createMemoryStore(), createMemoryStore()];
  await one.create(record);
  expect(await other.load('a')).toBeNull();
  await one.close();
  await other.create(record);
});

test('a journal that is trimmed as it grows holds at most twice what is kept, and 64', () => {
  const journal = new MemoryJournal();
  let most = 0;
  for (let seq = 1; seq <= 20_000; seq++) {
    journal.push({ seq, epoch: 1, data: null });
    journal.trimBefore(seq - 99);
    most = Math.max(most, journal.held);
  }
  expect(most).toBeLessThanOrEqual(2 * 100 + 64);
  expect(journal.read(0, 3).map(({ seq }) => seq)).toEqual([19_901, 19_902, 19_903]);
  expect(journal.read(19_998, 10).map(({ seq }) => seq)).toEqual([19_999, 20_000]);
});
