import assert from 'node:assert/strict';
import type { SessionRecord, Store } from '../../store/contract.ts';
import { newRecord, type StoreCase, THEN } from './case.ts';

const due = (afterMs: number) => ({ at: THEN + afterMs, deadline: 'idleTimeout' }) as const;

const idsDue = async (store: Store, afterMs: number, limit = 99): Promise<readonly string[]> =>
  (await store.dueBefore(THEN + afterMs, limit)).map((record) => record.id);

/** dueBefore: which deadlines have come. */
export const DUE: readonly StoreCase[] = [
  {
    name: 'what is due is found whole, the longest due first, ties by id',
    async run(store) {
      const at = [50, 10, 30, 10, 40, 20];
      const made = await Promise.all(
        at.map((afterMs, n) => store.create(newRecord(`s${n}`, { due: due(afterMs) }))),
      );
      await store.create(newRecord('never'));
      assert.deepEqual(await store.dueBefore(THEN + 30, 99), [made[1], made[3], made[5], made[2]]);
    },
  },
  {
    name: 'ties are in the order of their ids by code point, page by page',
    async run(store) {
      for (const id of ['🧵', '\uffff', 'a', '\u{10000}', '\ue000']) {
        await store.create(newRecord(id, { due: due(1) }));
      }
      const sorted = ['a', '\ue000', '\uffff', '\u{10000}', '🧵'];
      assert.deepEqual(await idsDue(store, 9), sorted);
      for (const [index, id] of sorted.entries()) {
        const [next] = await store.dueBefore(THEN + 9, 1, { at: THEN + 1, id });
        assert.equal(next?.id, sorted[index + 1]);
      }
    },
  },
  {
    name: 'due is at or before the time asked for, to the millisecond',
    async run(store) {
      await store.create(newRecord('a', { due: due(10) }));
      assert.deepEqual(await idsDue(store, 9), []);
      assert.deepEqual(await idsDue(store, 10), ['a']);
      assert.deepEqual(await idsDue(store, 11), ['a']);
    },
  },
  {
    name: 'a limit keeps the longest due, and asking does not use them up',
    async run(store) {
      for (let n = 9; n >= 0; n--) await store.create(newRecord(`s${n}`, { due: due(n) }));
      for (const again of [1, 2, 3]) {
        assert.deepEqual(await idsDue(store, 99, 3), ['s0', 's1', 's2'], `time ${again}`);
      }
      assert.equal((await idsDue(store, 99)).length, 10);
    },
  },
  {
    name: 'a record moves with its due, both ways, and is found once',
    async run(store) {
      let held = await store.create(newRecord('a', { due: due(20) }));
      await store.create(newRecord('b', { due: due(30) }));
      held = await store.commit(held, { due: due(40) });
      assert.deepEqual(await idsDue(store, 39), ['b']);
      assert.deepEqual(await idsDue(store, 99), ['b', 'a']);
      held = await store.commit(held, { due: due(10) });
      assert.deepEqual(await idsDue(store, 10), ['a']);
      assert.deepEqual(await idsDue(store, 99), ['a', 'b']);
      held = await store.commit(held, { state: 'idle' });
      assert.deepEqual(await store.dueBefore(THEN + 10, 9), [held]);
    },
  },
  {
    name: 'a record whose due was cleared, or that was removed, is not due',
    async run(store) {
      const made = await store.create(newRecord('a', { due: due(10) }));
      const other = await store.create(newRecord('b', { due: due(10) }));
      const cleared = await store.commit(made, { due: null });
      assert.deepEqual(await idsDue(store, 99), ['b']);
      await store.remove(other);
      assert.deepEqual(await idsDue(store, 99), []);
      await store.commit(cleared, { due: due(10) });
      assert.deepEqual(await idsDue(store, 99), ['a']);
      await store.create(newRecord('b'));
      assert.deepEqual(await idsDue(store, 99), ['a']);
    },
  },
  {
    name: 'what is no longer due takes no place within the limit',
    async run(store) {
      for (let n = 0; n < 12; n++) {
        const made = await store.create(newRecord(`s${n}`, { due: due(n) }));
        if (n < 3) await store.remove(made);
        else if (n < 6) await store.commit(made, { due: null });
        else if (n < 9) await store.commit(made, { due: due(100 + n) });
      }
      assert.deepEqual(await idsDue(store, 99, 3), ['s9', 's10', 's11']);
    },
  },
  {
    name: 'what is due is found in every state, and whoever holds it',
    async run(store) {
      const made = await store.create(newRecord('a', { due: due(10), owner: 'p1' }));
      await store.create(newRecord('b', { due: due(11), principal: null, state: 'paused' }));
      await store.commit(made, { state: 'terminated', due: { ...due(12), deadline: 'tombstone' } });
      assert.deepEqual(await idsDue(store, 99), ['b', 'a']);
      const claimed = await store.claim('b', 'p2');
      assert.deepEqual((await store.dueBefore(THEN + 11, 9))[0], claimed);
    },
  },
  {
    name: 'one page after another leads through all that is due, also where what was before has gone',
    async run(store) {
      for (const id of ['b', 'a', 'd']) await store.create(newRecord(id, { due: due(5) }));
      const early = await store.create(newRecord('z', { due: due(1) }));
      await store.create(newRecord('c', { due: due(9) }));
      const pages: string[][] = [];
      let after: { at: number; id: string } | null = null;
      for (let page = 0; page < 4; page++) {
        const found: readonly SessionRecord[] = await store.dueBefore(THEN + 99, 2, after);
        pages.push(found.map(({ id }) => id));
        const last = found.at(-1);
        if (page === 0) await store.remove(early);
        if (last?.due != null) after = { at: last.due.at, id: last.id };
      }
      assert.deepEqual(pages, [['z', 'a'], ['b', 'd'], ['c'], []]);
    },
  },
];
