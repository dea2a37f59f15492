import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { isSessionId, mintSessionId } from '../../src/identity/session-id.ts';
import { type SeededRandomness, seededRandomness } from '../../src/testing/seeded-randomness.ts';

const seeds = fc.maxSafeInteger();

const draws = (randomness: SeededRandomness, count = 20): unknown[] =>
  Array.from({ length: count }, () => [
    randomness.base64url(24),
    randomness.uuid(),
    randomness.number(),
  ]);

test('the same seed gives the same draws, another one gives others', () => {
  fc.assert(
    fc.property(seeds, seeds, (one, other) => {
      expect(draws(seededRandomness(one))).toEqual(draws(seededRandomness(one)));
      fc.pre(one !== other);
      expect(draws(seededRandomness(one), 1)).not.toEqual(draws(seededRandomness(other), 1));
    }),
    { numRuns: 50 },
  );
});

test('the draws of a seed stay what they are from one version to the next', () => {
  const randomness = seededRandomness(42);
  expect([randomness.base64url(24), randomness.uuid(), randomness.number()]).toEqual([
    '7gaGQWg3cVdUrpI95IJhT0BUbl8X7qUZ',
    '019b76da-a800-73ce-8958-42aae8cd207d',
    0.724821217590943,
  ]);
});

test('ids from it are session ids, and no two are the same', () => {
  const randomness = seededRandomness(7);
  const ids = Array.from({ length: 10_000 }, () => mintSessionId(randomness));
  expect(ids.every(isSessionId)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a text of any number of bytes is as long as it has to be', () => {
  const randomness = seededRandomness(7);
  for (const bytes of [0, 1, 2, 3, 4, 5, 7, 16, 24, 63]) {
    expect(Buffer.from(randomness.base64url(bytes), 'base64url')).toHaveLength(bytes);
  }
});

test('UUIDs are of version 7, each its own, and sort as they were made', () => {
  const randomness = seededRandomness(-3);
  const uuids = Array.from({ length: 5_000 }, () => randomness.uuid());
  for (const uuid of uuids) {
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect(uuids.toSorted()).toEqual(uuids);
  expect(new Set(uuids.map((uuid) => uuid.slice(19))).size).toBe(uuids.length);
});

test('numbers are from 0 to less than 1, and spread evenly', () => {
  const randomness = seededRandomness(1);
  const tenths = new Array<number>(10).fill(0);
  for (let n = 0; n < 20_000; n += 1) {
    const number = randomness.number();
    expect(number >= 0 && number < 1).toBe(true);
    const tenth = Math.floor(number * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // 2,000 each, give or take five times the deviation there is.
  for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(5 * Math.sqrt(1_800));
});

test('ids, UUIDs and numbers do not shift one another', () => {
  const [one, other] = [seededRandomness(5), seededRandomness(5)];
  for (let n = 0; n < 3; n += 1) one.base64url(24);
  one.uuid();
  expect(one.number()).toBe(other.number());
  other.number();
  other.uuid();
  for (let n = 0; n < 3; n += 1) other.base64url(24);
  expect(one.base64url(24)).toBe(other.base64url(24));
});

test('a fork is the same whatever was drawn before, and changes nothing where it came from', () => {
  const [one, other] = [seededRandomness(5), seededRandomness(5)];
  draws(one);
  expect(draws(one.fork('clients'))).toEqual(draws(other.fork('clients')));
  draws(other);
  expect(draws(one)).toEqual(draws(other));
});

test('forks of different names, of forks and of other seeds are streams of their own', () => {
  const root = seededRandomness(5);
  const all = [
    root,
    root.fork('a'),
    root.fork('b'),
    root.fork('a').fork('b'),
    root.fork('b').fork('a'),
    root.fork(''),
    root.fork('a/b'),
    root.fork('numbers'),
    seededRandomness(6).fork('a'),
  ];
  const numbers = all.map((one) => one.number());
  expect(new Set(numbers).size).toBe(numbers.length);
});

test.each([1.5, Number.NaN, Infinity, 2 ** 53])('a seed of %s is refused', (seed) => {
  expect(() => seededRandomness(seed)).toThrow(InvalidOptionError);
});
