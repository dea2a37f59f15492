import { BACKOFF_MS, BOUNDS, DEADLINES, MAX_FAILURES } from '../property/numbers.ts';

export {
  BACKOFF_MS,
  DEADLINES,
  FRESH_MS,
  GRACE_MS,
  isArrow,
  MAX_FAILURES,
  SILENCE,
  TICK_MS,
  WINDOW_MS,
} from '../property/numbers.ts';

/** Section 5, with numbers so small that every bound is met. */
export const LIMITS = {
  ...BOUNDS,
  maxResident: 3,
  maxPerPrincipal: 3,
  maxStored: 7,
  // Few sessions are ever asked for more: what is dropped, and refused, is seen in enough of the seeds.
  maxEntries: 8,
  initTimeoutMs: 3_000.5,
  cleanupTimeoutMs: 900.5,
  hookTimeoutMs: 700.5,
} as const;

/** How long a counter stays armed, ms. */
export const ARMED_MS = 5_000;
/** How long its thought takes, ms. */
export const THOUGHT_MS = 650.5;

/** Of a gap shorter than this nobody is sure whether it is one: between a tick and the limit of 2 s. */
export const SURELY_A_GAP_MS = 2_500;

/** No wait between two tries of a commit is longer. */
export const RETRY_MS = 32_000;

/** How a behaviour of the world is started again. */
export const RESTARTS = {
  backoffMs: BACKOFF_MS[0],
  maxBackoffMs: BACKOFF_MS[1],
  maxFailures: MAX_FAILURES,
} as const;

export const { idleTimeoutMs: IDLE_TIMEOUT_MS } = DEADLINES;

/** What the end of a session may take, its callbacks and commits included, ms. */
export const CLEANUP_MS = 5_000;
