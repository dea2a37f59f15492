import { afterEach, beforeEach, expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import type { SessionRecord, Store } from '../../../src/store/contract.ts';
import type { Answer, Call, Thread } from '../../../src/store/sqlite/calls.ts';
import { SqliteStore } from '../../../src/store/sqlite/store.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { openFolder } from '../../../src/store/sqlite/thread/open-folder.ts';
import { charactersOfAnswer } from '../../../src/store/sqlite/weights.ts';
import { newRecord, THEN } from '../../../src/testing/store-contract/case.ts';
import { InProcessThread } from './in-process-thread.ts';
import { temporaryFolder } from './temporary-folder.ts';

// However long the records are that are asked for at once: no answer of the thread is, and so no turn of the loop.

const BURST = LIMITS.storeBurstCharacters;
const due = { at: THEN, deadline: 'delay' } as const;

let folder: string;
let remove: () => void;
let store: Store;
/** The answers that held records: how many characters, by group. */
let answered: number[][];
let pauses: number;
/** Called before each group is done. */
let beforeGroup: (group: readonly Call[]) => void;

beforeEach(async () => {
  ({ folder, remove } = temporaryFolder());
  const opened = openFolder({ folder, maxBytes: null }, await loadDriver(), {
    pid: process.pid,
    host: 'test',
    since: 0,
  });
  if (opened === null) throw new Error('it is in use');
  const inner = new InProcessThread(opened);
  answered = [];
  pauses = 0;
  beforeGroup = () => {};
  const thread: Thread = {
    send: async (group): Promise<readonly Answer[]> => {
      beforeGroup(group);
      const answers = await inner.send(group);
      const lengths = answers.map(charactersOfAnswer).filter((length) => length > 0);
      if (lengths.length > 0) answered.push(lengths);
      return answers;
    },
    close: () => inner.close(),
  };
  store = new SqliteStore(thread, async () => {
    pauses += 1;
  });
});
afterEach(async () => {
  await store.close();
  remove();
});

const idOf = (n: number): string => `s${String(n).padStart(3, '0')}`;

/** Makes so many records that are due, each with a snapshot of this many characters. */
const fill = async (count: number, length: number): Promise<readonly SessionRecord[]> => {
  const snapshot = 'x'.repeat(length);
  const made = await Promise.all(
    Array.from({ length: count }, (_, n) => store.create(newRecord(idOf(n), { due, snapshot }))),
  );
  answered = [];
  return made;
};

test('many long records come in many answers, each short, and are all there in their order', async () => {
  const made = await fill(40, 200_000);
  const asks = {
    list: async () => (await store.list({ limit: 1_000 })).records,
    dueBefore: () => store.dueBefore(THEN, 1_000),
  };
  for (const ask of Object.values(asks)) {
    answered = [];
    expect(await ask()).toEqual(made);
    // Five of them, with what else is in a record, are in one answer.
    expect(answered.length).toBe(8);
    expect(Math.max(...answered.flat())).toBeLessThanOrEqual(BURST);
  }
  expect(pauses).toBe(0);
});

test('a page ends at its limit, in the middle of an answer or at its end, with a cursor to go on', async () => {
  await fill(13, 200_000);
  for (const limit of [1, 4, 5, 6, 10, 12]) {
    const { records, cursor } = await store.list({ limit });
    expect([records.length, cursor]).toEqual([limit, idOf(limit - 1)]);
    expect((await store.dueBefore(THEN, limit)).length).toBe(limit);
    const rest = await store.list({ limit: 99, cursor });
    expect(rest.records.map(({ id }) => id)).toEqual(
      Array.from({ length: 13 - limit }, (_, n) => idOf(limit + n)),
    );
    expect(rest.cursor).toBeNull();
    const after = { at: THEN, id: idOf(limit - 1) };
    expect(await store.dueBefore(THEN, 99, after)).toEqual(rest.records);
  }
  expect((await store.list({ limit: 13 })).cursor).toBeNull();
});

test('a record that is longer than an answer comes alone', async () => {
  await fill(3, 2 * BURST);
  expect((await store.list({ limit: 9 })).records.map(({ id }) => id)).toEqual([0, 1, 2].map(idOf));
  expect(answered.map((lengths) => lengths.length)).toEqual([1, 1, 1]);
});

test('short records come in one answer, as many as are asked for', async () => {
  await fill(300, 100);
  expect((await store.list({ limit: 300 })).records.length).toBe(300);
  expect((await store.dueBefore(THEN, 300)).length).toBe(300);
  expect(answered.length).toBe(2);
});

test('where several ask at once, answers that are long together are given out with pauses', async () => {
  await fill(5, 200_000);
  await Promise.all(Array.from({ length: 4 }, () => store.list({ limit: 9 })));
  expect(answered.map((lengths) => lengths.length)).toEqual([4]);
  expect(pauses).toBe(3);
});

test('what is put off while it is read is found once, as it is now', async () => {
  const made = await fill(12, 200_000);
  const [first] = made;
  if (first === undefined) throw new Error('none was made');
  let moved: Promise<SessionRecord> | null = null;
  let groups = 0;
  beforeGroup = () => {
    groups += 1;
    // After the first answer was read, before the second is.
    if (groups === 1) moved = store.commit(first, { due: { ...due, at: THEN + 1 } });
  };
  const found = await store.dueBefore(THEN + 1, 99);
  expect(found.map(({ id }) => id)).toEqual([...made.slice(1), first].map(({ id }) => id));
  expect(found.at(-1)).toEqual(await moved);
});
