import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  jittered,
  newUuid,
  randomBase64url,
  systemRandomness,
} from '../../src/identity/randomness.ts';

test('random text has the asked bytes, across the borders of the pool', () => {
  // 6 KiB is the pool: sizes that divide it, that do not, and one that takes all of it.
  for (const bytes of [1, 16, 24, 1_000, 6 * 1024]) {
    for (let count = 0; count < 20; count += 1) {
      const text = randomBase64url(bytes);
      expect(Buffer.from(text, 'base64url')).toHaveLength(bytes);
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    }
  }
});

test('no byte of the pool is handed out twice', () => {
  const texts = Array.from({ length: 5_000 }, () => randomBase64url(12));
  expect(new Set(texts).size).toBe(5_000);
});

test('the bytes are spread evenly: no value is a tenth off its share', () => {
  const counts = new Array<number>(256).fill(0);
  const bytes = 256 * 4_000;
  for (let read = 0; read < bytes; read += 1_024) {
    for (const value of Buffer.from(randomBase64url(1_024), 'base64url')) {
      counts[value] = (counts[value] ?? 0) + 1;
    }
  }
  // 4,000 a value; a tenth is more than six standard deviations.
  expect(Math.min(...counts)).toBeGreaterThan(3_600);
  expect(Math.max(...counts)).toBeLessThan(4_400);
});

test('a uuid is of version 7, ordered by time, and never comes twice', () => {
  const ids = Array.from({ length: 2_000 }, newUuid);
  expect(new Set(ids).size).toBe(2_000);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect([...ids].sort()).toEqual(ids);
});

test('jitter only shortens, and by no more than its share', () => {
  const duration = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(duration, fc.double({ min: 0, max: 1, noNaN: true }), (durationMs, share) => {
      const jitteredMs = jittered(durationMs, systemRandomness, share);
      expect(jitteredMs).toBeLessThanOrEqual(durationMs);
      expect(jitteredMs).toBeGreaterThanOrEqual(durationMs * (1 - share) * (1 - 1e-12));
    }),
    { numRuns: 1_000 },
  );
});

test('jitter spreads: by a tenth where nothing is said, and never what has no end', () => {
  const spread = Array.from({ length: 1_000 }, () => jittered(1_000));
  expect(Math.min(...spread)).toBeGreaterThanOrEqual(900);
  expect(Math.max(...spread) - Math.min(...spread)).toBeGreaterThan(80);
  expect(jittered(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
});
