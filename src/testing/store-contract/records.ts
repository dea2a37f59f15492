import assert from 'node:assert/strict';
import { newRecord, type StoreCase, scribble, storedSession, THEN } from './case.ts';

/** Data that a careless column type, encoding or object copy changes on the way. */
const AWKWARD = {
  text: 'naïve 日本語 🧵 \u0000 \u2028 \ud800 "quoted" \\ \'; DROP',
  empty: { text: '', list: [], object: {} },
  nothing: null,
  numbers: [0, -1, 1.5, 1e300, 5e-324, Number.MAX_SAFE_INTEGER],
  nested: [[[{ deep: [null, true, false, { deeper: 'x' }] }]]],
  like: { date: '2026-01-01T00:00:00.000Z', number: '007', boolean: 'true', null: 'null' },
  ...(JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toJSON":"x"}') as object),
};

/** create, load, and what they share with the caller. */
export const RECORDS: readonly StoreCase[] = [
  {
    name: 'a new record is what was given, with a token, epoch 1 and an empty journal',
    async run(store) {
      const given = newRecord('a', {
        key: 'k',
        owner: 'p1',
        state: 'paused',
        due: { at: THEN + 5, deadline: 'pausedTimeout' },
        schema: 7,
        session: {
          ...storedSession({ m: 1 }),
          endedAt: THEN,
          reason: 'client',
          client: { n: 'c' },
        },
        snapshot: { value: 'paused', context: { n: 1 } },
      });
      const made = await store.create(given);
      assert.equal(typeof made.token, 'string');
      assert.deepEqual(made, { ...given, token: made.token, epoch: 1, journalSeq: 0 });
      assert.deepEqual(await store.load('a'), made);
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 10 }), []);
    },
  },
  {
    name: 'JSON comes back as it was given, however awkward',
    async run(store) {
      const given = newRecord('a', {
        principal: 'Zoë 日本 🧵',
        key: ' spaced: "key" ',
        session: storedSession(AWKWARD),
        snapshot: AWKWARD,
      });
      const made = await store.create(given);
      await store.commit(made, { append: [AWKWARD, null, 'text', 0, false, [], {}] });
      const loaded = await store.load('a');
      assert.equal(loaded?.principal, given.principal);
      assert.equal(loaded?.key, given.key);
      assert.deepEqual(loaded?.session, given.session);
      assert.deepEqual(loaded?.snapshot, given.snapshot);
      const entries = await store.readJournal('a', { after: 0, limit: 10 });
      assert.deepEqual(
        entries.map((entry) => entry.data),
        [AWKWARD, null, 'text', 0, false, [], {}],
      );
    },
  },
  {
    name: 'a session of 1 MiB comes back whole',
    async run(store) {
      const session = storedSession({ body: '0123456789abcdeé'.repeat(65_536) });
      const made = await store.create(newRecord('a', { session }));
      assert.deepEqual(made.session, session);
      const committed = await store.commit(made, { session: storedSession({ small: 1 }) });
      await store.commit(committed, { session });
      assert.deepEqual((await store.load('a'))?.session, session);
    },
  },
  {
    name: 'an id that is not there loads as null',
    async run(store) {
      await store.create(newRecord('a'));
      assert.equal(await store.load('b'), null);
      assert.equal(await store.load(''), null);
      assert.equal(await store.load('A'), null);
      assert.equal(await store.load('__proto__'), null);
    },
  },
  {
    name: 'what the caller does to its own objects afterwards changes nothing',
    async run(store) {
      const session = storedSession({ list: [{ n: 1 }] });
      const given = { ...newRecord('a', { session, due: { at: THEN, deadline: 'maxLifetime' } }) };
      const plain = structuredClone(given);
      const made = await store.create(given);
      scribble(given);
      assert.deepEqual(await store.load('a'), { ...made, ...plain });
      const change = {
        session: storedSession({ list: [{ n: 2 }] }),
        snapshot: { n: [2] },
        due: { at: THEN + 1, deadline: 'maxLifetime' as const },
        append: [{ n: [2] }],
      };
      const asked = structuredClone(change);
      const answer = store.commit(made, change);
      scribble(change);
      const { token } = await answer;
      const { append, ...columns } = asked;
      assert.deepEqual(await store.load('a'), { ...made, ...columns, token, journalSeq: 1 });
      const [entry] = await store.readJournal('a', { after: 0, limit: 1 });
      assert.deepEqual(entry?.data, append[0]);
      assert.equal((await store.dueBefore(THEN + 1, 1)).length, 1);
    },
  },
  {
    name: 'what the caller does to an answer changes nothing',
    async run(store) {
      const session = storedSession({ list: [{ n: 1 }] });
      const due = { at: THEN, deadline: 'maxLifetime' } as const;
      const made = await store.create(newRecord('a', { session, due, key: 'k' }));
      const committed = await store.commit(made, { append: [{ list: [1] }] });
      const kept = structuredClone(committed);
      const journal = () => store.readJournal('a', { after: 0, limit: 9 });
      scribble(made);
      scribble(committed);
      scribble(await store.load('a'));
      scribble(await store.find('alice', 'k'));
      scribble(await store.list({ limit: 9 }));
      scribble(await store.dueBefore(THEN, 9));
      scribble(await journal());
      assert.deepEqual(await store.load('a'), kept);
      assert.deepEqual(await store.find('alice', 'k'), kept);
      assert.deepEqual(await store.list({ limit: 9 }), { records: [kept], cursor: null });
      assert.deepEqual(await store.dueBefore(THEN, 9), [kept]);
      assert.deepEqual(await journal(), [{ seq: 1, epoch: 1, data: { list: [1] } }]);
    },
  },
  {
    name: 'an answer does not change when the record changes later',
    async run(store) {
      const made = await store.create(newRecord('a'));
      const loaded = await store.load('a');
      await store.commit(made, { state: 'idle', append: ['x'] });
      assert.deepEqual(loaded, made);
      assert.equal(made.state, 'active');
      assert.equal(made.journalSeq, 0);
    },
  },
];
