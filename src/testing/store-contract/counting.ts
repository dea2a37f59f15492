import assert from 'node:assert/strict';
import { SESSION_STATES } from '../../../machines/index.ts';
import type { Store } from '../../store/contract.ts';
import { assertFenced, assertRejects, newRecord, type StoreCase, THEN } from './case.ts';

/** What is counted of everybody, of alice, of bob, and of the anonymous ones. */
const counts = async (store: Store): Promise<readonly number[]> => [
  await store.count({}),
  await store.count({ principal: 'alice' }),
  await store.count({ principal: 'bob' }),
  await store.count({ principal: null }),
];

/** count: how many have not ended. */
export const COUNTING: readonly StoreCase[] = [
  {
    name: 'an empty store counts nothing',
    async run(store) {
      assert.deepEqual(await counts(store), [0, 0, 0, 0]);
    },
  },
  {
    name: 'records are counted in all and by principal, and null counts only the anonymous ones',
    async run(store) {
      for (const [n, principal] of ['alice', null, 'bob', 'alice', null, 'alice'].entries()) {
        await store.create(newRecord(`s${n}`, { principal }));
      }
      assert.deepEqual(await counts(store), [6, 3, 1, 2]);
      assert.equal(await store.count({ principal: '' }), 0);
      assert.equal(await store.count({ principal: 'null' }), 0);
    },
  },
  {
    name: 'every state is counted but the last one, however it is come to',
    async run(store) {
      for (const [n, state] of SESSION_STATES.entries()) {
        await store.create(newRecord(`made-${n}`, { state }));
      }
      const living = SESSION_STATES.length - 1;
      assert.deepEqual(await counts(store), [living, living, 0, 0]);
      let held = await store.create(newRecord('a', { principal: 'bob' }));
      for (const state of SESSION_STATES) {
        held = await store.commit(held, { state });
        assert.equal(await store.count({ principal: 'bob' }), state === 'terminated' ? 0 : 1);
      }
      assert.equal(await store.count({}), living);
      held = await store.commit(held, { due: { at: THEN, deadline: 'tombstone' } });
      assert.equal(await store.count({}), living);
      await store.commit(held, { state: 'idle' });
      assert.deepEqual(await counts(store), [living + 1, living, 1, 0]);
    },
  },
  {
    name: 'a removed record is not counted, and the removal of a tombstone counts nothing down',
    async run(store) {
      const one = await store.create(newRecord('a'));
      const other = await store.create(newRecord('b'));
      const third = await store.create(newRecord('c'));
      await store.remove(one);
      assert.deepEqual(await counts(store), [2, 2, 0, 0]);
      const ended = await store.commit(other, { state: 'terminated' });
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
      await store.remove(ended);
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
      await store.remove(third);
      assert.deepEqual(await counts(store), [0, 0, 0, 0]);
      await store.create(newRecord('a'));
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
    },
  },
  {
    name: 'a record that moves to a new id, or changes hands, is counted once',
    async run(store) {
      const made = await store.create(newRecord('a', { key: 'k' }));
      const moved = await store.commit(made, { id: 'z' });
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
      const claimed = await store.claim('z', 'p1');
      assert.ok(claimed !== null);
      await store.release(claimed);
      const free = await store.load('z');
      assert.ok(free !== null);
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
      await store.commit(free, { id: 'y', state: 'terminated' });
      await assertFenced(store.commit(moved, { state: 'idle' }));
      assert.deepEqual(await counts(store), [0, 0, 0, 0]);
    },
  },
  {
    name: 'what was refused is not counted',
    async run(store) {
      const exists = 'ERR_HOLDFAST_ALREADY_EXISTS';
      const stale = await store.create(newRecord('a', { key: 'k' }));
      await store.commit(stale, {});
      await store.create(newRecord('t', { state: 'terminated', principal: 'bob' }));
      await assertRejects(store.create(newRecord('a', { principal: 'bob' })), exists);
      await assertRejects(store.create(newRecord('t', { principal: 'bob' })), exists);
      await assertRejects(store.create(newRecord('b', { key: 'k' })), exists);
      await assertFenced(store.commit(stale, { state: 'terminated' }));
      await assertFenced(store.remove(stale));
      assert.equal(await store.claim('c', 'p1'), null);
      assert.deepEqual(await counts(store), [1, 1, 0, 0]);
    },
  },
];
