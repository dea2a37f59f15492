import { jittered } from '../../identity/randomness.ts';
import { LIMITS } from '../../limits.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Enough for the wait to be the longest; more would only make a larger number of it. */
const MOST_DOUBLINGS = 20;

/**
 * How long to wait before what the store refused is tried again, ms, shortened by jitter: `LIMITS.commitRetryMs`, doubled
 * for each failure before this one.
 *
 * @param before how often it had failed already.
 * @param mostMs the longest wait.
 */
export const retryDelayMs = (
  { randomness }: RuntimeContext,
  before: number,
  mostMs: number = LIMITS.commitRetryMaxMs,
): number => {
  const waitMs = LIMITS.commitRetryMs * 2 ** Math.min(before, MOST_DOUBLINGS);
  return jittered(Math.min(waitMs, mostMs), randomness);
};
