import assert from 'node:assert/strict';
import type { SessionRecord, Store } from '../../store/contract.ts';
import { newRecord, type StoreCase } from './case.ts';

type Filter = Omit<Parameters<Store['list']>[0], 'limit' | 'cursor'>;

/** Reads all pages of `limit`; `between` runs after each. Fails when they do not come to an end. */
const pages = async (
  store: Store,
  filter: Filter,
  limit: number,
  between: (page: number) => Promise<void> = async () => {},
): Promise<readonly (readonly string[])[]> => {
  const seen: string[][] = [];
  for (let cursor: string | null = null; ; ) {
    const page: { records: readonly SessionRecord[]; cursor: string | null } = await store.list({
      ...filter,
      cursor,
      limit,
    });
    seen.push(page.records.map((record) => record.id));
    assert.ok(page.records.length <= limit, `a page of ${page.records.length} for ${limit}`);
    if (page.cursor === null) return seen;
    assert.equal(page.cursor, page.records.at(-1)?.id, 'the cursor is the last id of the page');
    await between(seen.length);
    assert.ok(seen.length < 100, 'the cursor does not come to an end');
    cursor = page.cursor;
  }
};

/** Two code units each, or one that is higher than those: by code unit they are in another order. */
const HIGH_IDS = ['\uffff', '🧵', '\u{10000}', '\ue000', 'a🧵', 'a\uffff', '🧵\uffff', '🧵🧵'];

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** list: order, filters and cursors. */
export const LISTING: readonly StoreCase[] = [
  {
    name: 'an empty store lists nothing',
    async run(store) {
      assert.deepEqual(await store.list({ limit: 9 }), { records: [], cursor: null });
      assert.deepEqual(await store.list({ limit: 9, cursor: 'x' }), { records: [], cursor: null });
    },
  },
  {
    name: 'records are listed whole, in the order of their ids by code point',
    async run(store) {
      const ids = ['b', 'B', 'a', '_', '-', 'Z', '0', '10', '9', 'aa', 'a-', 'A', ...HIGH_IDS];
      const made = new Map<string, SessionRecord>();
      for (const id of ids) made.set(id, await store.create(newRecord(id)));
      const { records } = await store.list({ limit: 99 });
      const sorted = [...ids].sort(byBytes);
      assert.deepEqual(
        records,
        sorted.map((id) => made.get(id)),
      );
      assert.deepEqual((await pages(store, { principal: 'alice' }, 1)).flat(), sorted);
    },
  },
  {
    name: 'pages hold all records once, and the last one has no cursor even when it is full',
    async run(store) {
      for (const id of ['f', 'b', 'd', 'a', 'e', 'c']) await store.create(newRecord(id));
      assert.deepEqual(await pages(store, {}, 4), [
        ['a', 'b', 'c', 'd'],
        ['e', 'f'],
      ]);
      assert.deepEqual(await pages(store, {}, 3), [
        ['a', 'b', 'c'],
        ['d', 'e', 'f'],
      ]);
      assert.deepEqual(await pages(store, {}, 1), [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]);
      assert.deepEqual(await pages(store, {}, 6), [['a', 'b', 'c', 'd', 'e', 'f']]);
    },
  },
  {
    name: 'a listing is filtered by state and by principal, page by page',
    async run(store) {
      const states = ['active', 'idle'] as const;
      const principals = ['alice', null, 'bob'];
      for (let n = 0; n < 24; n++) {
        const state = states[n % 2] ?? 'active';
        const principal = principals[n % 3] ?? null;
        await store.create(newRecord(`s${String(n).padStart(2, '0')}`, { state, principal }));
      }
      assert.equal((await pages(store, {}, 5)).flat().length, 24);
      assert.equal((await pages(store, { principal: 'carol' }, 5)).flat().length, 0);
      assert.deepEqual(await pages(store, { state: 'idle' }, 8), [
        ['s01', 's03', 's05', 's07', 's09', 's11', 's13', 's15'],
        ['s17', 's19', 's21', 's23'],
      ]);
      assert.deepEqual(await pages(store, { principal: null }, 5), [
        ['s01', 's04', 's07', 's10', 's13'],
        ['s16', 's19', 's22'],
      ]);
      assert.deepEqual(await pages(store, { principal: 'alice', state: 'idle' }, 2), [
        ['s03', 's09'],
        ['s15', 's21'],
      ]);
    },
  },
  {
    name: 'a listing follows the state as it is committed',
    async run(store) {
      const made = await store.create(newRecord('a'));
      const paused = await store.commit(made, { state: 'paused' });
      assert.deepEqual((await store.list({ state: 'active', limit: 9 })).records, []);
      assert.deepEqual((await store.list({ state: 'paused', limit: 9 })).records, [paused]);
    },
  },
  {
    name: 'records that come and go between pages move no other one in or out',
    async run(store) {
      for (const id of ['b', 'd', 'f', 'h', 'j']) await store.create(newRecord(id));
      const between = async (page: number): Promise<void> => {
        if (page !== 1) return;
        // Before the cursor, after it, and the very record the cursor names.
        for (const id of ['a', 'e', 'z']) await store.create(newRecord(id));
        for (const id of ['d', 'h']) {
          const record = await store.load(id);
          assert.ok(record !== null);
          await store.remove(record);
        }
      };
      assert.deepEqual(await pages(store, {}, 2, between), [
        ['b', 'd'],
        ['e', 'f'],
        ['j', 'z'],
      ]);
      assert.deepEqual((await pages(store, {}, 9)).flat(), ['a', 'b', 'e', 'f', 'j', 'z']);
    },
  },
  {
    name: 'an id that was removed and made again is listed once',
    async run(store) {
      for (const id of ['a', 'b', 'c']) await store.create(newRecord(id));
      await store.list({ limit: 9 });
      for (let n = 0; n < 3; n++) {
        const record = await store.load('b');
        assert.ok(record !== null);
        await store.remove(record);
        await store.create(newRecord('b', { principal: n % 2 === 0 ? 'bob' : 'alice' }));
      }
      assert.deepEqual((await pages(store, {}, 9)).flat(), ['a', 'b', 'c']);
      assert.deepEqual((await pages(store, { principal: 'bob' }, 9)).flat(), ['b']);
      assert.deepEqual((await pages(store, { principal: 'alice' }, 9)).flat(), ['a', 'c']);
    },
  },
];
