import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DueEntry, DueIndex } from '../../src/store/due-index.ts';

/** An index whose comparisons are counted, for a cost that does not depend on the machine. */
const countedIndex = () => {
  const cost = { comparisons: 0 };
  const index = new DueIndex((a: DueEntry, b: DueEntry) => {
    cost.comparisons += 1;
    return a.at < b.at || (a.at === b.at && a.id < b.id);
  });
  const take = (): number => {
    const { comparisons } = cost;
    cost.comparisons = 0;
    return comparisons;
  };
  return { index, take };
};

/** Ids in an order of time that has nothing to do with the order they are filed in. */
const fill = (index: DueIndex, count: number): void => {
  for (let n = 0; n < count; n++) index.set(`s${n}`, (n * 7_919) % count);
};

test('it answers as a sorted list would, whatever was filed, moved and taken out', () => {
  const filing = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    at: fc.option(fc.integer({ min: 0, max: 20 })),
    ask: fc.integer({ min: -1, max: 21 }),
    limit: fc.integer({ min: 1, max: 7 }),
  });
  fc.assert(
    fc.property(fc.array(filing, { maxLength: 300 }), (filings) => {
      const index = new DueIndex();
      const model = new Map<string, number>();
      for (const { id, at, ask, limit } of filings) {
        index.set(id, at);
        if (at === null) model.delete(id);
        else model.set(id, at);
        const due = [...model].filter(([, time]) => time <= ask);
        due.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
        expect(index.upTo(ask, limit)).toEqual(due.slice(0, limit).map(([one]) => one));
      }
    }),
  );
});

test('asking when nothing is due costs no comparison, however many are filed', () => {
  const { index, take } = countedIndex();
  fill(index, 64_000);
  take();
  expect(index.upTo(-1, 512)).toEqual([]);
  expect(take()).toBe(0);
});

test('asking for ten costs the same order of work with 1,000 filed as with 64,000', () => {
  const costs = [1_000, 64_000].map((count) => {
    const { index, take } = countedIndex();
    fill(index, count);
    take();
    expect(index.upTo(count, 10)).toHaveLength(10);
    return take();
  });
  // 64 times as many are 6 levels more: at most two comparisons a level out and one in, for each of ten.
  expect((costs[1] ?? 0) - (costs[0] ?? 0)).toBeLessThanOrEqual(10 * 6 * 3);
  expect(costs[1]).toBeLessThanOrEqual(10 * 16 * 3);
});

test('filing one costs a few comparisons, with 64,000 filed, and none where its time stays', () => {
  const { index, take } = countedIndex();
  fill(index, 64_000);
  take();
  index.set('s5', -1);
  expect(take()).toBeLessThanOrEqual(17);
  index.set('s5', -1);
  expect(take()).toBe(0);
});

test('deadlines that move all the time neither pile up nor cost more in the long run', () => {
  const { index, take } = countedIndex();
  fill(index, 1_000);
  take();
  for (let turn = 1; turn <= 100; turn++) {
    for (let n = 0; n < 1_000; n++) index.set(`s${n}`, turn * 1_000 + n);
    expect(index.size).toBeLessThanOrEqual(2 * 1_000 + 64);
  }
  expect(take() / 100_000).toBeLessThan(20);
  expect(index.upTo(Infinity, 2_000)).toHaveLength(1_000);
});

test('compacting keeps the order', () => {
  const index = new DueIndex();
  const ids = Array.from({ length: 200 }, (_, n) => `s${n}`);
  for (const [n, id] of ids.entries()) index.set(id, n);
  const sizes: number[] = [];
  for (let at = 1_000; at < 1_400; at++) {
    index.set('s0', at);
    sizes.push(index.size);
    expect(index.upTo(999, 3)).toEqual(['s1', 's2', 's3']);
  }
  expect(Math.min(...sizes)).toBe(200);
  expect(index.upTo(Infinity, 999)).toEqual([...ids.slice(1), 's0']);
});

test('what was taken out is let go', () => {
  const index = new DueIndex();
  fill(index, 1_000);
  for (let n = 0; n < 1_000; n++) index.set(`s${n}`, null);
  expect(index.size).toBeLessThanOrEqual(64);
  expect(index.upTo(Infinity, 9)).toEqual([]);
});
