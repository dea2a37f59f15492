import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../src/runtime/commits/retry-delay.ts';
import { openRuntime } from '../fixture.ts';

test('each wait is twice the one before, up to half a minute, or what is asked for', () => {
  const randomness = { base64url: () => '', uuid: () => 'owner', number: () => 0 };
  const { context } = openRuntime({ randomness });
  const waits = [0, 1, 2, 8, 9, 30, 2_000].map((before) => retryDelayMs(context, before));
  expect(waits).toEqual([100, 200, 400, 25_600, 30_000, 30_000, 30_000]);
  expect(retryDelayMs(context, 9, 5_000)).toBe(5_000);
});

test('jitter only shortens it, by at most a tenth', () => {
  const { context } = openRuntime();
  const waits = Array.from({ length: 200 }, () => retryDelayMs(context, 2));
  expect(Math.max(...waits)).toBeLessThanOrEqual(400);
  expect(Math.min(...waits)).toBeGreaterThan(359);
});
