import assert from 'node:assert/strict';
import { assertOneWon, assertRejects, newRecord, type StoreCase, storedSession } from './case.ts';

const EXISTS = 'ERR_HOLDFAST_ALREADY_EXISTS';

/** What is unique: the id, and the key of a principal. */
export const KEYS: readonly StoreCase[] = [
  {
    name: 'an id is created once, and the second try leaves the first record as it is',
    async run(store) {
      const made = await store.create(newRecord('a', { session: storedSession({ first: true }) }));
      const second = newRecord('a', { principal: 'bob', key: 'k', state: 'idle' });
      await assertRejects(store.create(second), EXISTS);
      assert.deepEqual(await store.load('a'), made);
      assert.equal(await store.find('bob', 'k'), null);
      assert.deepEqual((await store.list({ principal: 'bob', limit: 9 })).records, []);
    },
  },
  {
    name: 'a key is unique per principal, and the refused record is nowhere',
    async run(store) {
      const made = await store.create(newRecord('a', { key: 'k' }));
      await assertRejects(store.create(newRecord('b', { key: 'k' })), EXISTS);
      assert.equal(await store.load('b'), null);
      assert.deepEqual((await store.list({ limit: 9 })).records, [made]);
      const ofBob = await store.create(newRecord('c', { key: 'k', principal: 'bob' }));
      assert.deepEqual(await store.find('alice', 'k'), made);
      assert.deepEqual(await store.find('bob', 'k'), ofBob);
    },
  },
  {
    name: 'the anonymous principal has unique keys too, and is not the one named "" or "null"',
    async run(store) {
      const anonymous = await store.create(newRecord('a', { key: 'k', principal: null }));
      await assertRejects(store.create(newRecord('b', { key: 'k', principal: null })), EXISTS);
      await store.create(newRecord('c', { key: 'k', principal: '' }));
      await store.create(newRecord('d', { key: 'k', principal: 'null' }));
      assert.deepEqual(await store.find(null, 'k'), anonymous);
      assert.equal((await store.find('', 'k'))?.id, 'c');
      assert.equal((await store.find('null', 'k'))?.id, 'd');
    },
  },
  {
    name: 'records without a key do not stand in each other’s way, and "" is a key',
    async run(store) {
      await store.create(newRecord('a'));
      await store.create(newRecord('b'));
      await store.create(newRecord('c', { principal: null }));
      await store.create(newRecord('d', { principal: null }));
      assert.equal(await store.find('alice', ''), null);
      await store.create(newRecord('e', { key: '' }));
      await assertRejects(store.create(newRecord('f', { key: '' })), EXISTS);
      assert.equal((await store.find('alice', ''))?.id, 'e');
    },
  },
  {
    name: 'principal and key are compared apart and to the letter',
    async run(store) {
      await store.create(newRecord('a', { principal: 'x', key: 'y:z' }));
      await store.create(newRecord('b', { principal: 'x:y', key: 'z' }));
      await store.create(newRecord('c', { principal: 'X', key: 'y:z' }));
      await store.create(newRecord('d', { principal: 'x', key: 'Y:z' }));
      await store.create(newRecord('e', { principal: 'x', key: 'y:z ' }));
      assert.equal((await store.find('x', 'y:z'))?.id, 'a');
      assert.equal((await store.find('x:y', 'z'))?.id, 'b');
      assert.equal(await store.find('x', 'y'), null);
      assert.equal(await store.find('y', 'y:z'), null);
    },
  },
  {
    name: 'a key finds the newest record; its end frees it, though the tombstone still shows it',
    async run(store) {
      await store.create(newRecord('other', { key: 'other' }));
      const made = await store.create(newRecord('a', { key: 'k' }));
      const paused = await store.commit(made, { state: 'paused' });
      assert.deepEqual(await store.find('alice', 'k'), paused);
      const ending = await store.commit(paused, { state: 'terminating' });
      assert.deepEqual(await store.find('alice', 'k'), ending);
      await assertRejects(store.create(newRecord('b', { key: 'k' })), EXISTS);
      const ended = await store.commit(ending, { state: 'terminated' });
      assert.equal(ended.key, 'k');
      assert.equal(await store.find('alice', 'k'), null);
      const next = await store.create(newRecord('b', { key: 'k' }));
      assert.deepEqual(await store.find('alice', 'k'), next);
      assert.deepEqual(await store.load('a'), ended);
    },
  },
  {
    name: 'what becomes of a tombstone does not touch who has its key now',
    async run(store) {
      const ended = await store.commit(await store.create(newRecord('a', { key: 'k' })), {
        state: 'terminated',
      });
      const next = await store.create(newRecord('b', { key: 'k' }));
      const touched = await store.commit(ended, { append: ['late'] });
      assert.deepEqual(await store.find('alice', 'k'), next);
      await store.remove(touched);
      assert.deepEqual(await store.find('alice', 'k'), next);
      await assertRejects(store.create(newRecord('c', { key: 'k' })), EXISTS);
      await store.remove(next);
      assert.equal(await store.find('alice', 'k'), null);
    },
  },
  {
    name: 'a record made as a tombstone takes no key, and one that is brought back needs its key free',
    async run(store) {
      const dead = await store.create(newRecord('a', { key: 'k', state: 'terminated' }));
      assert.equal(await store.find('alice', 'k'), null);
      const living = await store.create(newRecord('b', { key: 'k' }));
      const back = { state: 'active', append: ['back'] } as const;
      await assertRejects(store.commit(dead, back), EXISTS);
      assert.deepEqual(await store.load('a'), dead);
      assert.deepEqual(await store.readJournal('a', { after: 0, limit: 9 }), []);
      assert.deepEqual(await store.find('alice', 'k'), living);
      await store.commit(living, { state: 'terminated' });
      const revived = await store.commit(dead, back);
      assert.deepEqual(await store.find('alice', 'k'), revived);
    },
  },
  {
    name: 'of creates at the same time, one has the id and one has the key',
    async run(store) {
      const some = Array.from({ length: 8 }, (_, n) => n);
      const one = await assertOneWon(
        some.map((n) => store.create(newRecord('a', { session: storedSession({ n }) }))),
        EXISTS,
      );
      assert.deepEqual(await store.load('a'), one);
      const keyed = await assertOneWon(
        some.map((n) => store.create(newRecord(`k${n}`, { key: 'k' }))),
        EXISTS,
      );
      assert.deepEqual(await store.find('alice', 'k'), keyed);
      assert.deepEqual((await store.list({ limit: 99 })).records, [one, keyed]);
    },
  },
];
