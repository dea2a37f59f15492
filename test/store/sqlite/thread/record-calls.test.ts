import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import type { Call, RowPage } from '../../../../src/store/sqlite/calls.ts';
import type { Engine } from '../../../../src/store/sqlite/thread/engine.ts';
import { DRIVERS, withEngine } from './drivers.ts';
import { ask, commit, create, LIST } from './sample-calls.ts';

/** The ids of a page, and whether there are more. */
const pageOf = (engine: Engine, call: Call): string => {
  const { rows, more } = ask(engine, call) as RowPage;
  return rows.map(({ id }) => id).join('') + (more ? ' …' : '');
};

describe.each(DRIVERS)('pages with $name', (driver) => {
  test('limits: none, nothing, and whether there is more', () =>
    withEngine(driver, (engine) => {
      const due = { at: 1, deadline: 'delay' } as const;
      engine.run(['a', 'b', 'c', 'd'].map((id) => create(id, { due })));
      engine.run([commit('a', 0, { append: ['1', '2', '3'] })]);
      const pages = (limit: number) => [
        pageOf(engine, { ...LIST, limit } as Call),
        pageOf(engine, { op: 'dueBefore', at: 1, limit, after: null }),
        pageOf(engine, { op: 'dueBefore', at: 1, limit, after: { at: 1, id: 'a' } }),
      ];
      const entries = (limit: number) =>
        (ask(engine, { op: 'readJournal', id: 'a', after: 0, limit }) as unknown[]).length;
      expect(pages(Number.POSITIVE_INFINITY)).toEqual(['abcd', 'abcd', 'bcd']);
      expect(pages(4)).toEqual(['abcd', 'abcd', 'bcd']);
      expect(pages(3)).toEqual(['abc …', 'abc …', 'bcd']);
      expect(pages(0)).toEqual(['', '', '']);
      expect(pages(-7)).toEqual(['', '', '']);
      expect([Number.POSITIVE_INFINITY, 2, 0, -7].map(entries)).toEqual([3, 2, 0, 0]);
    }));

  test('a page ends before it is too long, and says that there is more; what is longer comes alone', () =>
    withEngine(driver, (engine) => {
      const due = { at: 1, deadline: 'delay' } as const;
      const half = LIMITS.storeBurstCharacters / 2;
      const sizes = { a: half, b: half - 4, c: 5, d: 3 * half, e: 5, f: 2 * half };
      for (const [id, length] of Object.entries(sizes)) {
        // With the `null` of its snapshot.
        engine.run([create(id, { due, session: 'x'.repeat(length - 4) })]);
      }
      const behind = (id: string | null) => [
        pageOf(engine, { ...LIST, cursor: id } as Call),
        pageOf(engine, {
          op: 'dueBefore',
          at: 1,
          limit: 9,
          after: id === null ? null : { at: 1, id },
        }),
      ];
      const both = (page: string) => [page, page];
      expect(behind(null)).toEqual(both('ab …'));
      expect(behind('b')).toEqual(both('c …'));
      expect(behind('c')).toEqual(both('d …'));
      expect(behind('d')).toEqual(both('e …'));
      expect(behind('e')).toEqual(both('f'));
    }));
});
