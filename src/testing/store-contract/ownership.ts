import assert from 'node:assert/strict';
import { assertFenced, newRecord, type StoreCase, THEN } from './case.ts';

/** claim, release and remove. */
export const OWNERSHIP: readonly StoreCase[] = [
  {
    name: 'a claim takes a record nobody holds: owner, epoch +1, new token, all else as it was',
    async run(store) {
      const due = { at: THEN, deadline: 'maxLifetime' } as const;
      const made = await store.create(newRecord('a', { key: 'k', due, snapshot: { n: 1 } }));
      const claimed = await store.claim('a', 'p1');
      assert.ok(claimed !== null);
      assert.notEqual(claimed.token, made.token);
      assert.deepEqual(claimed, { ...made, owner: 'p1', epoch: 2, token: claimed.token });
      assert.deepEqual(await store.load('a'), claimed);
      await assertFenced(store.commit(made, { state: 'idle' }));
      const next = await store.commit(claimed, { state: 'idle' });
      assert.deepEqual(next, { ...claimed, state: 'idle', token: next.token });
    },
  },
  {
    name: 'a record held by another cannot be claimed, from its creation on',
    async run(store) {
      const made = await store.create(newRecord('a', { owner: 'p1' }));
      await assertFenced(store.claim('a', 'p2'));
      assert.deepEqual(await store.load('a'), made);
      const next = await store.commit(made, { state: 'idle' });
      await assertFenced(store.claim('a', 'P1'));
      await assertFenced(store.claim('a', ''));
      assert.deepEqual(await store.load('a'), next);
    },
  },
  {
    name: 'an owner can claim its own record again, and what it held before is stale',
    async run(store) {
      const made = await store.create(newRecord('a', { owner: 'p1' }));
      const claimed = await store.claim('a', 'p1');
      assert.ok(claimed !== null);
      assert.deepEqual(claimed, { ...made, epoch: 2, token: claimed.token });
      await assertFenced(store.commit(made, { append: ['stale'] }));
      await assertFenced(store.release(made));
      assert.deepEqual(await store.load('a'), claimed);
    },
  },
  {
    name: 'a claim of what is not there is null, and makes nothing',
    async run(store) {
      assert.equal(await store.claim('a', 'p1'), null);
      assert.equal(await store.load('a'), null);
      await store.remove(await store.create(newRecord('b')));
      assert.equal(await store.claim('b', 'p1'), null);
    },
  },
  {
    name: 'a release gives a record up: no owner, same epoch, and the held one is stale',
    async run(store) {
      const held = await store.create(newRecord('a', { owner: 'p1' }));
      await store.release(held);
      const free = await store.load('a');
      assert.ok(free !== null);
      assert.notEqual(free.token, held.token);
      assert.deepEqual(free, { ...held, owner: null, token: free.token });
      await assertFenced(store.commit(held, { append: ['late'] }));
      await assertFenced(store.release(held));
      const claimed = await store.claim('a', 'p2');
      assert.equal(claimed?.owner, 'p2');
      assert.equal(claimed?.epoch, 2);
    },
  },
  {
    name: 'a stale release or removal is Fenced and changes nothing',
    async run(store) {
      const stale = await store.create(newRecord('a', { owner: 'p1', key: 'k' }));
      const newest = await store.commit(stale, { append: ['kept'] });
      await assertFenced(store.release(stale));
      await assertFenced(store.remove(stale));
      assert.deepEqual(await store.load('a'), newest);
      assert.deepEqual(await store.find('alice', 'k'), newest);
      assert.equal((await store.readJournal('a', { after: 0, limit: 9 })).length, 1);
    },
  },
  {
    name: 'a removed record is nowhere, and cannot be removed or released again',
    async run(store) {
      const due = { at: THEN, deadline: 'tombstone' } as const;
      const made = await store.create(newRecord('a', { key: 'k', due }));
      const other = await store.create(newRecord('b', { due }));
      await store.remove(made);
      assert.equal(await store.load('a'), null);
      assert.equal(await store.find('alice', 'k'), null);
      assert.deepEqual(await store.list({ limit: 9 }), { records: [other], cursor: null });
      assert.deepEqual(await store.dueBefore(THEN, 9), [other]);
      await assertFenced(store.remove(made));
      await assertFenced(store.release(made));
    },
  },
  {
    name: 'of 8 claimers at the same time, one gets each of 50 records',
    async run(store) {
      const ids = Array.from({ length: 50 }, (_, n) => `race-${n}`);
      await Promise.all(ids.map((id) => store.create(newRecord(id))));
      const claimers = Array.from({ length: 8 }, (_, n) => `p${n}`);
      const won = new Map<string, string[]>();
      const claims = claimers.flatMap((owner, turn) =>
        // Each begins elsewhere, so that no claimer is always first.
        [...ids.slice(turn * 6), ...ids.slice(0, turn * 6)].map(async (id) => {
          const claimed = await store.claim(id, owner).catch((error: { code?: unknown }) => {
            assert.equal(error.code, 'ERR_HOLDFAST_FENCED', String(error));
            return null;
          });
          if (claimed !== null) won.set(id, [...(won.get(id) ?? []), owner]);
        }),
      );
      await Promise.all(claims);
      for (const id of ids) {
        const record = await store.load(id);
        assert.deepEqual(won.get(id), [record?.owner], `winners of ${id}`);
        assert.equal(record?.epoch, 2);
      }
    },
  },
];
