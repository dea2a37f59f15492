import assert from 'node:assert/strict';
import { assertRejects, newRecord, type StoreCase } from './case.ts';

/** close. */
export const CLOSING: readonly StoreCase[] = [
  {
    name: 'nothing works after close, and says so with a StoreError that is not worth a retry',
    async run(store) {
      const held = await store.create(newRecord('a', { key: 'k' }));
      await store.close();
      const calls = {
        create: () => store.create(newRecord('b')),
        load: () => store.load('a'),
        find: () => store.find('alice', 'k'),
        commit: () => store.commit(held, { state: 'idle' }),
        claim: () => store.claim('a', 'p1'),
        release: () => store.release(held),
        readJournal: () => store.readJournal('a', { after: 0, limit: 1 }),
        list: () => store.list({ limit: 1 }),
        dueBefore: () => store.dueBefore(0, 1),
        count: () => store.count({}),
        alive: () => store.alive(0),
        remove: () => store.remove(held),
      };
      for (const [name, call] of Object.entries(calls)) {
        const expected = { code: 'ERR_HOLDFAST_STORE', retryable: false };
        await assert.rejects(call(), expected, `${name} after close`);
      }
    },
  },
  {
    name: 'close twice is once, also at the same time',
    async run(store) {
      await store.create(newRecord('a'));
      await Promise.all([store.close(), store.close()]);
      await store.close();
      await assertRejects(store.load('a'), 'ERR_HOLDFAST_STORE');
    },
  },
  {
    name: 'what was asked before close is answered',
    async run(store) {
      const creates = Array.from({ length: 20 }, (_, n) => store.create(newRecord(`s${n}`)));
      const answers = Promise.all(creates);
      await store.close();
      assert.equal((await answers).length, 20);
    },
  },
];
