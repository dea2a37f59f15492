import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GapWatch } from '../../src/time/gap.ts';

const started = (gapMs?: number) => {
  const watch = new GapWatch(gapMs);
  watch.observe(0, 1_000_000, 0);
  return watch;
};

test.each([
  ['a tick in time', 250, 250, null],
  ['a tick late by just what is allowed', 2_250, 2_250, null],
  ['a loop held up', 12_250, 12_250, { kind: 'stall', gapMs: 12_000, stepped: false }],
  ['a machine asleep', 250, 60_250, { kind: 'wall-ahead', gapMs: 60_000, stepped: true }],
  [
    'a wall clock put back',
    250,
    -3_599_750,
    { kind: 'wall-behind', gapMs: 3_600_000, stepped: true },
  ],
  ['a step of just what is allowed', 250, -1_750, null],
  [
    'a stall and a larger step',
    5_250,
    65_250,
    { kind: 'wall-ahead', gapMs: 60_000, stepped: true },
  ],
  ['a stall and a smaller step', 12_250, 9_250, { kind: 'stall', gapMs: 12_000, stepped: true }],
  ['a stall and hardly a step', 12_250, 10_250, { kind: 'stall', gapMs: 12_000, stepped: false }],
] as const)('%s', (_name, mono, wallPassed, expected) => {
  const watch = started();
  expect(watch.observe(mono, 1_000_000 + wallPassed, 250)).toEqual(expected);
  expect(watch.endOfLastGap).toBe(expected === null ? Number.NEGATIVE_INFINITY : mono);
});

test('a gap is told once, and its end is kept', () => {
  const watch = started();
  watch.observe(250, 1_060_250, 250);
  expect(watch.observe(500, 1_060_500, 500)).toBeNull();
  expect(watch.endOfLastGap).toBe(250);
});

test('a gap known from elsewhere counts, and never moves the end back', () => {
  const watch = new GapWatch();
  watch.mark(40);
  expect(watch.endOfLastGap).toBe(40);
  watch.mark(30);
  expect(watch.endOfLastGap).toBe(40);
});

test('any walk of small drifts is no gap, and any hole above the limit is one', () => {
  const drift = fc.integer({ min: -100, max: 100 });
  const hole = fc.integer({ min: 102, max: 10_000 });
  const kind = fc.constantFrom('stall' as const, 'wall-ahead' as const, 'wall-behind' as const);
  fc.assert(
    fc.property(fc.array(drift), kind, hole, (drifts, expected, holeMs) => {
      const watch = started(100);
      let mono = 0;
      let wall = 1_000_000;
      for (const driftMs of drifts) {
        mono += 250;
        wall += 250 + driftMs;
        expect(watch.observe(mono, wall, mono)).toBeNull();
      }
      const planned = mono + 250;
      mono = expected === 'stall' ? planned + holeMs : planned;
      wall += expected === 'stall' ? 250 + holeMs : 250;
      if (expected === 'wall-ahead') wall += holeMs;
      if (expected === 'wall-behind') wall -= holeMs;
      expect(watch.observe(mono, wall, planned)).toEqual({
        kind: expected,
        gapMs: holeMs,
        stepped: expected !== 'stall',
      });
      expect(watch.endOfLastGap).toBe(mono);
    }),
  );
});
