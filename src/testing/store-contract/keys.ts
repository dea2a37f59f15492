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
    name: 'a key finds the newest record, stays with a tombstone, and is free once that is removed',
    async run(store) {
      await store.create(newRecord('other', { key: 'other' }));
      const made = await store.create(newRecord('a', { key: 'k' }));
      const ended = await store.commit(made, { state: 'terminated' });
      assert.deepEqual(await store.find('alice', 'k'), ended);
      await assertRejects(store.create(newRecord('b', { key: 'k' })), EXISTS);
      await store.remove(ended);
      assert.equal(await store.find('alice', 'k'), null);
      const next = await store.create(newRecord('b', { key: 'k' }));
      assert.deepEqual(await store.find('alice', 'k'), next);
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
