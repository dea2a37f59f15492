import assert from 'node:assert/strict';
import type { Store } from '../../store/contract.ts';
import { assertFenced, newRecord, type StoreCase } from './case.ts';

const numbers = async (store: Store, after = 0, limit = 100): Promise<readonly number[]> =>
  (await store.readJournal('a', { after, limit })).map((entry) => entry.seq);

/** trimBefore: the oldest entries go. */
export const TRIMMING: readonly StoreCase[] = [
  {
    name: 'entries before a number are trimmed, and the rest keep theirs',
    async run(store) {
      const made = await store.create(newRecord('a'));
      const filled = await store.commit(made, { append: ['1', '2', '3', '4', '5'] });
      const trimmed = await store.commit(filled, { trimBefore: 3 });
      assert.deepEqual(trimmed, { ...filled, token: trimmed.token });
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 100 }), [
        { seq: 3, epoch: 1, data: '3' },
        { seq: 4, epoch: 1, data: '4' },
        { seq: 5, epoch: 1, data: '5' },
      ]);
      assert.deepEqual(await numbers(store, 0, 2), [3, 4]);
      assert.deepEqual(await numbers(store, 1, 1), [3]);
      assert.deepEqual(await numbers(store, 3, 1), [4]);
    },
  },
  {
    name: 'a trim goes with the append of its commit, and numbers are not given out again',
    async run(store) {
      let held = await store.create(newRecord('a'));
      held = await store.commit(held, { append: ['1', '2'] });
      held = await store.commit(held, { append: ['3', '4'], trimBefore: 4 });
      assert.deepEqual(await numbers(store), [4]);
      held = await store.commit(held, { trimBefore: 5 });
      assert.deepEqual(await numbers(store), []);
      assert.equal(held.journalSeq, 4);
      held = await store.commit(held, { trimBefore: 1_000 });
      held = await store.commit(held, { append: ['5', '6'] });
      assert.equal(held.journalSeq, 6);
      assert.deepEqual(await numbers(store), [5, 6]);
    },
  },
  {
    name: 'a trim before what is gone already, or before the first, trims nothing',
    async run(store) {
      let held = await store.create(newRecord('a'));
      held = await store.commit(held, { append: ['1', '2', '3'], trimBefore: 0 });
      held = await store.commit(held, { trimBefore: 1 });
      assert.deepEqual(await numbers(store), [1, 2, 3]);
      held = await store.commit(held, { trimBefore: 3 });
      await store.commit(held, { trimBefore: 2 });
      assert.deepEqual(await numbers(store), [3]);
    },
  },
  {
    name: 'a refused commit trims nothing',
    async run(store) {
      const stale = await store.create(newRecord('a'));
      await store.commit(stale, { append: ['1', '2'] });
      await assertFenced(store.commit(stale, { trimBefore: 3 }));
      assert.deepEqual(await numbers(store), [1, 2]);
    },
  },
  {
    name: 'a journal that is trimmed at every append is read right at every turn',
    async run(store) {
      let held = await store.create(newRecord('a'));
      for (let last = 1; last <= 300; last++) {
        const first = Math.max(1, last - 9);
        held = await store.commit(held, { append: [{ n: last }], trimBefore: first });
        if (last % 7 !== 0) continue;
        const page = await store.readJournal('a', { after: first, limit: 3 });
        const expected = [1, 2, 3]
          .map((step) => first + step)
          .filter((seq) => seq <= last)
          .map((seq) => ({ seq, epoch: 1, data: { n: seq } }));
        assert.deepEqual(page, expected);
        assert.equal((await numbers(store)).length, last - first + 1);
      }
    },
  },
];
