import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import type { PlaneEvent } from '../../../src/runtime/host.ts';
import { UntoldRow } from '../../../src/runtime/plane/untold.ts';

const ATTACHED: PlaneEvent = { type: 'session.attached', presences: 1 };
const DETACHED: PlaneEvent = { type: 'session.detached', presences: 0 };
const PAUSED: PlaneEvent = { type: 'session.paused' };
const RESUMED: PlaneEvent = { type: 'session.resumed' };
const CHANGED: PlaneEvent = { type: 'session.state-changed', from: 'idle', to: 'active' };

/** All that may be told now. */
const told = (row: UntoldRow): string[] => {
  const types: string[] = [];
  for (let next = row.take(); next !== null; next = row.take()) types.push(next.event.type);
  return types;
};

test('what needs no commit is told at once, in order, with the time it happened', () => {
  const row = new UntoldRow();
  row.add(ATTACHED, 5, false);
  row.add(DETACHED, 6, false);
  expect(row.take()).toMatchObject({ event: ATTACHED, at: 5 });
  expect(row.take()).toMatchObject({ event: DETACHED, at: 6 });
  expect([row.take(), row.size]).toEqual([null, 0]);
});

test('a change is told once its number is recorded, and not by the number of an earlier one', () => {
  const row = new UntoldRow();
  row.add(PAUSED, 1, true);
  const carried = row.asked;
  row.add(RESUMED, 2, true);
  expect(row.take()).toBeNull();
  row.recorded = carried;
  expect(told(row)).toEqual(['session.paused']);
  row.recorded = row.asked;
  expect(told(row)).toEqual(['session.resumed']);
});

test('what needs no commit keeps its place behind a change that waits', () => {
  const row = new UntoldRow();
  row.add(ATTACHED, 1, false);
  row.add(PAUSED, 2, true);
  row.add(DETACHED, 3, false);
  expect(told(row)).toEqual(['session.attached']);
  row.recorded = row.asked;
  expect(told(row)).toEqual(['session.paused', 'session.detached']);
});

test('a birth is told before what was told of it meanwhile, also where some of that is told already', () => {
  const row = new UntoldRow();
  row.add(ATTACHED, 1, false);
  row.add(DETACHED, 2, false);
  row.take();
  row.addFirst([{ type: 'session.created' }, { type: 'session.ready' }], 3);
  expect(row.size).toBe(3);
  expect(told(row)).toEqual(['session.created', 'session.ready', 'session.detached']);
});

test('what is added while the row is told is told behind it', () => {
  const row = new UntoldRow();
  row.add(ATTACHED, 1, false);
  row.add(DETACHED, 1, false);
  row.take();
  row.add(CHANGED, 2, false);
  expect(told(row)).toEqual(['session.detached', 'session.state-changed']);
});

/** A row as long as it may be; the first in it happened at 0. */
const longRow = (): UntoldRow => {
  const row = new UntoldRow();
  row.add(PAUSED, 0, true);
  for (let added = 1; added < LIMITS.untoldEvents; added += 1) row.add(ATTACHED, added, false);
  return row;
};

test('it is bounded: what then comes is left out and counted, but no change ever is', () => {
  const row = longRow();
  expect([row.size, row.dropped]).toEqual([LIMITS.untoldEvents, 0]);
  const late = LIMITS.untoldWaitMs;
  row.add(DETACHED, late, false);
  row.add(DETACHED, -late, false);
  expect([row.size, row.dropped]).toEqual([LIMITS.untoldEvents, 2]);
  row.add(CHANGED, late, false);
  row.add(RESUMED, late, true);
  expect([row.size, row.dropped]).toEqual([LIMITS.untoldEvents + 2, 2]);
  row.recorded = row.asked;
  expect(told(row).slice(-2)).toEqual(['session.state-changed', 'session.resumed']);
});

test('a burst is told in full: the bound is for what has waited', () => {
  const row = longRow();
  for (let added = 0; added < 5_000; added += 1) {
    row.add(ATTACHED, LIMITS.untoldWaitMs - 1, false);
  }
  expect([row.size, row.dropped]).toEqual([LIMITS.untoldEvents + 5_000, 0]);
  row.recorded = row.asked;
  expect(told(row)).toHaveLength(LIMITS.untoldEvents + 5_000);
  // What comes after is no part of what waited.
  row.add(ATTACHED, 10 * LIMITS.untoldWaitMs, false);
  expect(row.size).toBe(1);
});

test('one that was cleared has nothing to tell', () => {
  const row = new UntoldRow();
  row.add(ATTACHED, 1, false);
  row.add(PAUSED, 1, true);
  row.clear();
  row.recorded = row.asked;
  expect([row.size, row.take()]).toEqual([0, null]);
});

/** How many elements of arrays are moved or copied while this runs. */
const elementsMoved = (run: () => void): number => {
  const movers = ['slice', 'splice', 'shift', 'unshift', 'filter', 'concat', 'map'] as const;
  const native = new Map(movers.map((name) => [name, Array.prototype[name]]));
  let moved = 0;
  for (const [name, method] of native) {
    const counting = function (this: unknown[], ...given: unknown[]): unknown {
      moved += this.length;
      return Reflect.apply(method, this, given);
    };
    Object.defineProperty(Array.prototype, name, {
      value: counting,
      configurable: true,
      writable: true,
    });
  }
  try {
    run();
  } finally {
    for (const [name, value] of native) {
      Object.defineProperty(Array.prototype, name, { value, configurable: true, writable: true });
    }
  }
  return moved;
};

test('telling a long row costs as much as it is long', () => {
  const row = new UntoldRow();
  const count = 5_000;
  for (let added = 0; added < count; added += 1) row.add(PAUSED, added, true);
  row.recorded = row.asked;
  let taken = 0;
  const moved = elementsMoved(() => {
    while (row.take() !== null) taken += 1;
  });
  expect(taken).toBe(count);
  expect(moved).toBeLessThanOrEqual(2 * count);
});
