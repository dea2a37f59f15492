import assert from 'node:assert/strict';
import { newRecord, type StoreCase, THEN } from './case.ts';

/** alive: the highest wall time at which a process was alive. */
export const ALIVENESS: readonly StoreCase[] = [
  {
    name: 'the first sign that a process lives finds none before it',
    async run(store) {
      assert.equal(await store.alive(THEN), null);
      assert.equal(await store.alive(THEN + 1), THEN);
    },
  },
  {
    name: 'each is answered with the highest time before it, which a lower one does not lower',
    async run(store) {
      await store.alive(THEN);
      assert.equal(await store.alive(THEN + 5_000), THEN);
      assert.equal(await store.alive(THEN - 86_400_000), THEN + 5_000);
      assert.equal(await store.alive(THEN + 4_999), THEN + 5_000);
      assert.equal(await store.alive(THEN + 5_000), THEN + 5_000);
      assert.equal(await store.alive(THEN + 5_001), THEN + 5_000);
      assert.equal(await store.alive(0), THEN + 5_001);
    },
  },
  {
    name: 'it touches no record, and no record touches it',
    async run(store) {
      const due = { at: THEN, deadline: 'maxLifetime' } as const;
      const made = await store.create(newRecord('a', { due, owner: 'p1' }));
      assert.equal(await store.alive(THEN + 10), null);
      assert.deepEqual(await store.load('a'), made);
      assert.deepEqual(await store.dueBefore(THEN + 10, 9), [made]);
      assert.deepEqual(await store.list({ limit: 9 }), { records: [made], cursor: null });
      await store.remove(await store.commit(made, { append: ['x'] }));
      assert.equal(await store.alive(THEN + 20), THEN + 10);
      assert.deepEqual(await store.list({ limit: 9 }), { records: [], cursor: null });
      assert.equal(await store.count({}), 0);
    },
  },
];
