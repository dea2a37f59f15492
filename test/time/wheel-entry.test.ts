import { expect, test } from 'vitest';
import {
  frontOf,
  isEmpty,
  putInto,
  takeFirst,
  takeOut,
  type WheelBucket,
  type WheelEntry,
  wheelEntry,
} from '../../src/time/wheel-entry.ts';

const UNFILED = { bucket: null, index: -1 };

const bucketOf = (count: number) => {
  const bucket: WheelBucket = { tick: 1, head: 0, entries: [] };
  const entries: WheelEntry[] = Array.from({ length: count }, wheelEntry);
  for (const entry of entries) putInto(bucket, entry);
  return { bucket, entries };
};

/** Each entry of a bucket knows its place there. */
const knowTheirPlaces = (bucket: WheelBucket): boolean =>
  bucket.entries.every((entry, at) => entry.bucket === bucket && entry.index === at);

test('a new entry is not filed, and neither is one that was taken out or taken', () => {
  expect(wheelEntry()).toEqual(UNFILED);
  const { bucket, entries } = bucketOf(2);
  const [first, second] = entries;
  expect(takeFirst(bucket)).toBe(first);
  expect(first).toEqual(UNFILED);
  if (second !== undefined) takeOut(bucket, second);
  expect(second).toEqual(UNFILED);
  expect(isEmpty(bucket)).toBe(true);
});

test('what is left knows its place, whichever is taken out', () => {
  for (let out = 0; out < 5; out += 1) {
    const { bucket, entries } = bucketOf(5);
    const gone = entries[out];
    if (gone !== undefined) takeOut(bucket, gone);
    expect(bucket.entries).toHaveLength(4);
    expect(bucket.entries).not.toContain(gone);
    expect(knowTheirPlaces(bucket)).toBe(true);
  }
});

test('nothing is taken from an empty bucket, however often', () => {
  const { bucket } = bucketOf(1);
  expect(takeFirst(bucket)).toBeDefined();
  expect(takeFirst(bucket)).toBeUndefined();
  expect(takeFirst(bucket)).toBeUndefined();
  expect(bucket.head).toBe(1);
});

test('the front of a stack is its last bucket with entries; the empty ones on top go', () => {
  const [low, high, empty] = [bucketOf(1).bucket, bucketOf(1).bucket, bucketOf(0).bucket];
  const stack = [empty, low, high, empty];
  expect(frontOf(stack)).toBe(high);
  expect(stack).toEqual([empty, low, high]);
  takeFirst(high);
  expect(frontOf(stack)).toBe(low);
  takeFirst(low);
  expect(frontOf(stack)).toBeUndefined();
  expect(stack).toEqual([]);
});
