import assert from 'node:assert/strict';
import type { Store } from '../../store/contract.ts';
import {
  assertFenced,
  assertOneWon,
  assertRejects,
  newRecord,
  type StoreCase,
  THEN,
} from './case.ts';

const EXISTS = 'ERR_HOLDFAST_ALREADY_EXISTS';

const journal = async (store: Store, id: string): Promise<readonly unknown[]> =>
  (await store.readJournal(id, { after: 0, limit: 100 })).map((entry) => entry.data);

/** A change of `id`: the record and its journal move. */
export const RENAMING: readonly StoreCase[] = [
  {
    name: 'a new id takes the record and its journal along, with the rest of the change',
    async run(store) {
      const made = await store.create(newRecord('a', { key: 'k', owner: 'p1', snapshot: [1] }));
      const filled = await store.commit(made, { append: ['1', '2'] });
      const moved = await store.commit(filled, { id: 'z', state: 'paused', append: ['3'] });
      const expected = { ...filled, id: 'z', state: 'paused', journalSeq: 3, token: moved.token };
      assert.deepEqual(moved, expected);
      assert.notEqual(moved.token, filled.token);
      assert.deepEqual(await store.load('z'), moved);
      assert.deepEqual(await journal(store, 'z'), ['1', '2', '3']);
      const next = await store.commit(moved, { append: ['4'] });
      assert.equal(next.journalSeq, 4);
    },
  },
  {
    name: 'the old id is unknown: it loads as null, has no journal, and whoever held it is stale',
    async run(store) {
      const made = await store.create(newRecord('a', { owner: 'p1' }));
      const filled = await store.commit(made, { append: ['1'] });
      const moved = await store.commit(filled, { id: 'z' });
      assert.equal(await store.load('a'), null);
      assert.deepEqual(await journal(store, 'a'), []);
      assert.equal(await store.claim('a', 'p1'), null);
      for (const stale of [filled, { ...moved, id: 'a' }, { ...filled, id: 'z' }]) {
        await assertFenced(store.commit(stale, { state: 'idle' }));
        await assertFenced(store.release(stale));
        await assertFenced(store.remove(stale));
      }
      assert.deepEqual(await store.load('z'), moved);
    },
  },
  {
    name: 'a moved record is found by its key, listed and due under its new id, and nowhere else',
    async run(store) {
      const due = { at: THEN, deadline: 'idleTimeout' } as const;
      const made = await store.create(newRecord('m', { key: 'k', due }));
      const other = await store.create(newRecord('n', { due }));
      await store.list({ limit: 9 });
      const moved = await store.commit(made, { id: 'z' });
      assert.deepEqual(await store.find('alice', 'k'), moved);
      assert.deepEqual((await store.list({ limit: 9 })).records, [other, moved]);
      assert.deepEqual((await store.list({ principal: 'alice', limit: 9 })).records, [
        other,
        moved,
      ]);
      assert.deepEqual(await store.dueBefore(THEN, 9), [other, moved]);
      await assertRejects(store.create(newRecord('o', { key: 'k' })), EXISTS);
      await store.remove(moved);
      assert.deepEqual(await store.list({ limit: 9 }), { records: [other], cursor: null });
      assert.deepEqual(await store.dueBefore(THEN, 9), [other]);
      assert.equal(await store.find('alice', 'k'), null);
    },
  },
  {
    name: 'an id that is taken, by a tombstone too, is refused and nothing is changed',
    async run(store) {
      const made = await store.create(newRecord('a'));
      const held = await store.commit(made, { append: ['1'] });
      const bob = { principal: 'bob', state: 'terminated' } as const;
      const other = await store.create(newRecord('b', bob));
      const change = { id: 'b', state: 'idle', append: ['lost'], trimBefore: 2 } as const;
      await assertRejects(store.commit(held, change), EXISTS);
      assert.deepEqual(await store.load('a'), held);
      assert.deepEqual(await store.load('b'), other);
      assert.deepEqual(await journal(store, 'a'), ['1']);
      assert.deepEqual(await journal(store, 'b'), []);
      assert.deepEqual((await store.list({ limit: 9 })).records, [held, other]);
      await store.commit(held, { state: 'idle' });
    },
  },
  {
    name: 'its own id is no change, and an old one can be given out again',
    async run(store) {
      const made = await store.create(newRecord('a', { key: 'k' }));
      const same = await store.commit(made, { id: 'a', append: ['1'] });
      assert.deepEqual(same, { ...made, journalSeq: 1, token: same.token });
      const moved = await store.commit(same, { id: 'z' });
      const fresh = await store.create(newRecord('a'));
      assert.deepEqual(await journal(store, 'a'), []);
      await assertRejects(store.commit(moved, { id: 'a' }), EXISTS);
      await store.remove(fresh);
      const back = await store.commit(moved, { id: 'a' });
      assert.deepEqual(await store.load('a'), back);
      assert.deepEqual(await journal(store, 'a'), ['1']);
      assert.equal(await store.load('z'), null);
    },
  },
  {
    name: 'a move and an end at once free the key, and the tombstone is under the new id',
    async run(store) {
      const due = { at: THEN, deadline: 'tombstone' } as const;
      const made = await store.create(newRecord('a', { key: 'k' }));
      const ended = await store.commit(made, { id: 'z', state: 'terminated', due });
      assert.equal(await store.find('alice', 'k'), null);
      assert.deepEqual(await store.dueBefore(THEN, 9), [ended]);
      assert.equal(await store.load('a'), null);
    },
  },
  {
    name: 'of moves to one id at the same time, one wins',
    async run(store) {
      const some = Array.from({ length: 8 }, (_, n) => `s${n}`);
      const made = await Promise.all(some.map((id) => store.create(newRecord(id))));
      const moves = made.map((held) => store.commit(held, { id: 'z', append: [held.id] }));
      const moved = await assertOneWon(moves, EXISTS);
      assert.deepEqual(await store.load('z'), moved);
      assert.equal((await journal(store, 'z')).length, 1);
      assert.equal((await store.list({ limit: 99 })).records.length, 8);
    },
  },
];
