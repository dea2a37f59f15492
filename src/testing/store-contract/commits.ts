import assert from 'node:assert/strict';
import type { SessionRecord } from '../../store/contract.ts';
import {
  assertFenced,
  assertOneWon,
  newRecord,
  type StoreCase,
  storedSession,
  THEN,
} from './case.ts';

/** A lower bound on the information in these tokens: what varies at each place, in bits. */
const bitsOf = (tokens: readonly string[]): number => {
  let bits = 0;
  for (let place = 0; place < Math.max(...tokens.map((token) => token.length)); place++) {
    bits += Math.log2(new Set(tokens.map((token) => token[place])).size);
  }
  return bits;
};

/** commit: what it writes, what it compares, what a refused one leaves behind. */
export const COMMITS: readonly StoreCase[] = [
  {
    name: 'a commit writes what it names, leaves the rest, and returns the whole record',
    async run(store) {
      const due = { at: THEN, deadline: 'idleTimeout' } as const;
      const made = await store.create(
        newRecord('a', {
          key: 'k',
          owner: 'p1',
          due,
          snapshot: { n: 1 },
          session: storedSession(),
        }),
      );
      const steps = [
        { state: 'idle' },
        { due: { at: THEN + 9, deadline: 'maxLifetime' } },
        { session: storedSession({ n: 2 }) },
        { snapshot: [2], schema: 2 },
        { snapshot: null },
        { due: null },
        {},
        { state: 'terminated', due: { at: THEN, deadline: 'tombstone' }, snapshot: 'all' },
      ] as const;
      let held = made;
      for (const change of steps) {
        const next = await store.commit(held, change);
        assert.deepEqual(next, { ...held, ...change, token: next.token });
        assert.deepEqual(await store.load('a'), next);
        held = next;
      }
    },
  },
  {
    name: 'a commit writes the change only, not what else the holder put into its record',
    async run(store) {
      const made = await store.create(newRecord('a', { owner: 'p1' }));
      const meddled: SessionRecord = {
        ...made,
        owner: 'p2',
        epoch: 99,
        state: 'paused',
        principal: 'bob',
        journalSeq: 50,
        session: storedSession({ meddled: true }),
      };
      const next = await store.commit(meddled, { append: ['x'] });
      assert.deepEqual(next, { ...made, token: next.token, journalSeq: 1 });
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 9 }), [
        { seq: 1, epoch: 1, data: 'x' },
      ]);
    },
  },
  {
    name: 'a commit with a stale token is Fenced, and nothing of it can be seen',
    async run(store) {
      const due = { at: THEN + 100, deadline: 'idleTimeout' } as const;
      const stale = await store.create(newRecord('a', { due }));
      const newest = await store.commit(stale, { state: 'idle', append: ['kept'] });
      await assertFenced(
        store.commit(stale, {
          state: 'terminated',
          due: { at: THEN, deadline: 'tombstone' },
          session: storedSession({ lost: true }),
          snapshot: { lost: true },
          append: ['lost', 'lost too'],
        }),
      );
      assert.deepEqual(await store.load('a'), newest);
      assert.deepEqual(await store.dueBefore(THEN + 99, 9), []);
      assert.deepEqual(await store.dueBefore(THEN + 100, 9), [newest]);
      assert.deepEqual((await store.list({ state: 'terminated', limit: 9 })).records, []);
      const next = await store.commit(newest, { append: ['next'] });
      assert.equal(next.journalSeq, 2);
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 9 }), [
        { seq: 1, epoch: 1, data: 'kept' },
        { seq: 2, epoch: 1, data: 'next' },
      ]);
    },
  },
  {
    name: 'a token is good once, also for a commit that changes nothing',
    async run(store) {
      const first = await store.create(newRecord('a'));
      const second = await store.commit(first, {});
      await assertFenced(store.commit(first, {}));
      const third = await store.commit(second, {});
      for (const stale of [first, second]) await assertFenced(store.commit(stale, {}));
      assert.deepEqual(await store.load('a'), third);
    },
  },
  {
    name: 'a token of one session is none of another, and a made-up one is none',
    async run(store) {
      const a = await store.create(newRecord('a'));
      const b = await store.create(newRecord('b'));
      await assertFenced(store.commit({ ...a, token: b.token }, { state: 'idle' }));
      await assertFenced(store.commit({ ...a, token: '' }, { state: 'idle' }));
      const next = await store.commit(a, { state: 'idle' });
      assert.deepEqual(await store.load('b'), b);
      assert.deepEqual(await store.load('a'), next);
    },
  },
  {
    name: 'of commits on one token at the same time, one wins, with its journal entry',
    async run(store) {
      let held = await store.create(newRecord('a'));
      for (let round = 1; round <= 5; round++) {
        const on = held;
        const commits = Array.from({ length: 8 }, (_, n) =>
          store.commit(on, { session: storedSession({ n }), append: [{ n }] }),
        );
        held = await assertOneWon(commits, 'ERR_HOLDFAST_FENCED');
        assert.deepEqual(await store.load('a'), held);
        const journal = await store.readJournal('a', { after: 0, limit: 99 });
        assert.equal(journal.length, round);
        assert.deepEqual(journal.at(-1)?.data, held.session.metadata);
      }
    },
  },
  {
    name: 'a removed record takes no commit, nor does a new one of the same id',
    async run(store) {
      const made = await store.create(newRecord('a'));
      await store.remove(made);
      await assertFenced(store.commit(made, { state: 'idle' }));
      assert.equal(await store.load('a'), null);
      const again = await store.create(newRecord('a'));
      await assertFenced(store.commit(made, { state: 'idle' }));
      assert.deepEqual(await store.load('a'), again);
    },
  },
  {
    name: 'every token is new, and at least 64 random bits',
    async run(store) {
      const made = await Promise.all(
        Array.from({ length: 300 }, (_, n) => store.create(newRecord(`many-${n}`))),
      );
      const records = [...made];
      let held = await store.create(newRecord('a', { owner: 'p' }));
      for (let n = 0; n < 100; n++) {
        records.push(held);
        held = await store.commit(held, {});
      }
      const tokens = records.map((record) => record.token);
      assert.equal(new Set(tokens).size, tokens.length, 'a token came twice');
      const bits = Math.round(bitsOf(tokens));
      assert.ok(bits >= 64, `at most ${bits} bits vary in ${tokens.length} tokens`);
    },
  },
];
