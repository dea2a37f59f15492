import assert from 'node:assert/strict';
import { newRecord, type StoreCase, THEN } from './case.ts';

/** What is no number, or none that could be meant. */
const ODD = [Number.NaN, '1', null, () => 1, {}, Symbol('1')] as const;

const INVALID = { code: 'ERR_HOLDFAST_INVALID_OPTION' };

const due = { at: THEN, deadline: 'idleTimeout' } as const;

/** The numbers a store is given. */
export const NUMBERS: readonly StoreCase[] = [
  {
    name: 'what is no number is refused wherever one is given, nothing is changed, and the store goes on',
    async run(store) {
      const held = await store.create(newRecord('a', { due }));
      for (const odd of ODD) {
        const n = odd as number; // On purpose: a caller without types.
        const calls = {
          'create, schema': () => store.create(newRecord('b', { schema: n })),
          'commit, schema': () => store.commit(held, { schema: n, append: [1] }),
          'commit, trimBefore': () => store.commit(held, { trimBefore: n, append: [1] }),
          'readJournal, after': () => store.readJournal('a', { after: n, limit: 1 }),
          'readJournal, limit': () => store.readJournal('a', { after: 0, limit: n }),
          'list, limit': () => store.list({ limit: n }),
          'dueBefore, at': () => store.dueBefore(n, 1),
          'dueBefore, limit': () => store.dueBefore(THEN, n),
          'dueBefore, after': () => store.dueBefore(THEN, 1, { at: n, id: 'a' }),
          alive: () => store.alive(n),
        };
        for (const [name, call] of Object.entries(calls)) {
          await assert.rejects(call(), INVALID, `${name} of ${String(odd)}`);
        }
      }
      assert.deepEqual((await store.list({ limit: 9 })).records, [held]);
      assert.equal(await store.alive(THEN), null);
    },
  },
  {
    name: 'a part of a record, of an entry, or less than none cannot be asked for',
    async run(store) {
      for (const limit of [-1, 0.5, Number.NEGATIVE_INFINITY]) {
        await assert.rejects(store.list({ limit }), INVALID);
        await assert.rejects(store.dueBefore(THEN, limit), INVALID);
        await assert.rejects(store.readJournal('a', { after: 0, limit }), INVALID);
      }
      await assert.rejects(store.readJournal('a', { after: 0.5, limit: 1 }), INVALID);
      await assert.rejects(store.alive(Number.POSITIVE_INFINITY), INVALID);
    },
  },
  {
    name: 'a state that is no text is refused',
    async run(store) {
      const held = await store.create(newRecord('a'));
      const odds: readonly unknown[] = [1, null, () => 'idle', Symbol('idle')];
      for (const odd of odds) {
        const state = odd as 'idle'; // On purpose, as above.
        await assert.rejects(store.create(newRecord('b', { state })), INVALID);
        await assert.rejects(store.commit(held, { state }), INVALID);
      }
      assert.deepEqual(await store.load('a'), held);
    },
  },
  {
    name: 'none is none, and Infinity is as many as there are',
    async run(store) {
      let held = await store.create(newRecord('a', { due }));
      const other = await store.create(newRecord('b', { due }));
      held = await store.commit(held, { append: [1, 2] });
      const all = Number.POSITIVE_INFINITY;
      assert.deepEqual(await store.list({ limit: all }), { records: [held, other], cursor: null });
      assert.deepEqual(await store.dueBefore(all, all), [held, other]);
      assert.deepEqual(await store.dueBefore(all, 0), []);
      assert.equal((await store.readJournal('a', { after: -5, limit: all })).length, 2);
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 0 }), []);
    },
  },
];
