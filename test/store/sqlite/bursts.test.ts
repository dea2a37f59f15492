import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { SqliteStore } from '../../../src/store/sqlite/store.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { HandThread } from './hand-thread.ts';
import { temporaryFolder } from './temporary-folder.ts';

// However much is asked for at once: the thread is at work early, and the loop hears others all along.

const { storeGroupCalls, storeGroupsUnderWay } = LIMITS;

test('a whole group goes at once, while the rest of a burst is still being asked for', async () => {
  const thread = new HandThread();
  const store = new SqliteStore(thread, async () => {});
  const answers: Promise<unknown>[] = [];
  const ask = (): unknown => answers.push(store.load(`s${answers.length}`));
  while (answers.length < storeGroupCalls - 1) ask();
  expect(thread.groups).toEqual([]);
  ask();
  expect(thread.groups.map((group) => group.length)).toEqual([storeGroupCalls]);
  while (answers.length < 4 * storeGroupCalls) ask();
  expect(thread.groups.map((group) => group.length)).toEqual([storeGroupCalls, storeGroupCalls]);
  while (thread.underWay > 0) await thread.done();
  await Promise.all(answers);
  const ids = thread.groups.flat().map((call) => 'id' in call && call.id);
  expect(ids).toEqual(answers.map((_, n) => `s${n}`));
});

test('in no turn of the loop more is answered than was under way, though each answer lets more go', async () => {
  const { folder, remove } = temporaryFolder();
  const store = await openSqliteStore({ folder });
  try {
    await store.create(newRecord('a'));
    const asked = 20 * storeGroupCalls;
    let answered = 0;
    const perTurn: number[] = [];
    let before = 0;
    const watch = (): void => {
      perTurn.push(answered - before);
      before = answered;
      if (answered < asked) setImmediate(watch);
    };
    setImmediate(watch);
    await Promise.all(
      Array.from({ length: asked }, async () => {
        expect((await store.load('a'))?.id).toBe('a');
        answered += 1;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(perTurn.reduce((sum, one) => sum + one, 0)).toBe(asked);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(storeGroupsUnderWay * storeGroupCalls);
  } finally {
    await store.close();
    remove();
  }
});
