import assert from 'node:assert/strict';
import type { JournalEntry, Store } from '../../store/contract.ts';
import { newRecord, type StoreCase } from './case.ts';

const all = (store: Store, id: string): Promise<readonly JournalEntry[]> =>
  store.readJournal(id, { after: 0, limit: 100 });

/** The append-only log of a session. */
export const JOURNAL: readonly StoreCase[] = [
  {
    name: 'entries are numbered 1, 2, 3 … over several commits, and journalSeq is the last',
    async run(store) {
      let held = await store.create(newRecord('a'));
      const appended: unknown[] = [];
      for (const size of [1, 3, 0, 2, 1]) {
        const append = Array.from({ length: size }, (_, n) => ({ n: appended.length + n }));
        held = await store.commit(held, { append });
        appended.push(...append);
        assert.equal(held.journalSeq, appended.length);
      }
      held = await store.commit(held, { state: 'idle' });
      assert.equal(held.journalSeq, appended.length);
      assert.deepEqual(
        await all(store, 'a'),
        appended.map((data, index) => ({ seq: index + 1, epoch: 1, data })),
      );
    },
  },
  {
    name: 'a journal is read from after a number, up to a limit',
    async run(store) {
      const made = await store.create(newRecord('a'));
      await store.commit(made, { append: ['1', '2', '3', '4', '5'] });
      const read = async (after: number, limit: number): Promise<readonly unknown[]> =>
        (await store.readJournal('a', { after, limit })).map((entry) => entry.data);
      assert.deepEqual(await read(0, 2), ['1', '2']);
      assert.deepEqual(await read(2, 2), ['3', '4']);
      assert.deepEqual(await read(4, 2), ['5']);
      assert.deepEqual(await read(3, 100), ['4', '5']);
      assert.deepEqual(await read(5, 2), []);
      assert.deepEqual(await read(99, 2), []);
      assert.deepEqual(await store.readJournal('b', { after: 0, limit: 2 }), []);
    },
  },
  {
    name: 'an entry has the epoch under which it was written',
    async run(store) {
      const made = await store.create(newRecord('a', { owner: 'p1' }));
      await store.release(await store.commit(made, { append: ['first'] }));
      const claimed = await store.claim('a', 'p2');
      assert.ok(claimed !== null);
      await store.commit(claimed, { append: ['second'] });
      assert.deepEqual(await all(store, 'a'), [
        { seq: 1, epoch: 1, data: 'first' },
        { seq: 2, epoch: 2, data: 'second' },
      ]);
    },
  },
  {
    name: 'journals are kept apart, and one goes with its record',
    async run(store) {
      const a = await store.create(newRecord('a'));
      const b = await store.create(newRecord('b'));
      const filled = await store.commit(a, { append: ['a1', 'a2'] });
      await store.commit(b, { append: ['b1'] });
      await store.remove(filled);
      assert.deepEqual(await all(store, 'a'), []);
      assert.deepEqual(await all(store, 'b'), [{ seq: 1, epoch: 1, data: 'b1' }]);
      const again = await store.create(newRecord('a'));
      assert.equal(again.journalSeq, 0);
      assert.deepEqual(await all(store, 'a'), []);
      await store.commit(again, { append: ['anew'] });
      assert.deepEqual(await all(store, 'a'), [{ seq: 1, epoch: 1, data: 'anew' }]);
    },
  },
  {
    name: 'a journal of 10,000 entries is read whole, a page at a time',
    async run(store) {
      let held = await store.create(newRecord('a'));
      for (let batch = 0; batch < 10; batch++) {
        const append = Array.from({ length: 1_000 }, (_, n) => ({ n: batch * 1_000 + n + 1 }));
        held = await store.commit(held, { append });
      }
      assert.equal(held.journalSeq, 10_000);
      let read = 0;
      for (;;) {
        const page = await store.readJournal('a', { after: read, limit: 700 });
        for (const entry of page) {
          read += 1;
          assert.deepEqual(entry, { seq: read, epoch: 1, data: { n: read } });
        }
        if (page.length < 700) break;
      }
      assert.equal(read, 10_000);
    },
  },
];
