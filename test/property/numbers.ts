/*
 * What the model knows: the tables of the design, written out by hand. Nothing in here is read from the code under test,
 * so a number or an arrow that changes there is found here.
 */

/** The six states of section 3. */
export type State = 'initializing' | 'active' | 'idle' | 'paused' | 'terminating' | 'terminated';

/** The ten reasons of section 3. */
export const REASONS = [
  'client',
  'operator',
  'idle-timeout',
  'heartbeat-lost',
  'paused-timeout',
  'max-lifetime',
  'init-failed',
  'crashed',
  'evicted',
  'shutdown',
] as const;

/** Why a session ends. */
export type Reason = (typeof REASONS)[number];

/** Section 3: where a session goes when it hears something. What is not here is ignored. */
export const TABLE: Readonly<Record<State, Readonly<Record<string, State>>>> = {
  initializing: { ready: 'active', failed: 'terminating', terminate: 'terminating' },
  active: { activity: 'active', quiet: 'idle', pause: 'paused', terminate: 'terminating' },
  idle: { activity: 'active', pause: 'paused', terminate: 'terminating' },
  paused: { resume: 'active', terminate: 'terminating' },
  terminating: { cleaned: 'terminated' },
  terminated: {},
};

/** Whether the table leads from one state to the other. */
export const isArrow = (from: State, to: State): boolean =>
  from !== to && Object.values(TABLE[from]).includes(to);

/** Reasons that are a deadline of silence: none of them may end work that is in flight. */
export const SILENCE: ReadonlySet<string> = new Set(['idle-timeout', 'heartbeat-lost', 'evicted']);

/** What the runtime is told. Section 4 with short times. */
export const DEADLINES = {
  idleAfterMs: 4_000,
  idleTimeoutMs: 12_000,
  heartbeatIntervalMs: 2_000,
  heartbeatMissed: 3,
  pausedTimeoutMs: 20_000,
  maxLifetimeMs: 60_000,
} as const;

/** An eighth of the shortest deadline, at most 250 ms. */
export const TICK_MS = 250;
/** More than this between the axes, or this late, is a gap. */
export const GAP_MS = 2_000;
/** Section 4: what a silence deadline gets after a gap, at most: the longer of idleAfter and the heartbeat window. */
export const FRESH_MS = 6_000;
/** The heartbeat window: 2 s × 3. */
export const WINDOW_MS = 6_000;
/** What running work gets at the end of the lifetime. */
export const GRACE_MS = 30_000;

/** Section 5, with small numbers, so that a run meets every bound. */
export const BOUNDS = {
  maxResident: 4,
  maxPerPrincipal: 2,
  maxConcurrentOperations: 2,
  maxQueuedOperations: 1,
  tombstoneMs: 30_000,
  sweepIntervalMs: 5_000,
  maxEntries: 5,
} as const;

/**
 * A restart waits at most this long, ms: doubled each time, up to the second. A fraction that doubles without rounding,
 * so that a restart never falls together with a tick.
 */
export const BACKOFF_MS = [500.0625, 8_000.5] as const;
/** What jitter may take off: a tenth. */
export const JITTER = 0.1;
/** So many failed incarnations in a row end the session. */
export const MAX_FAILURES = 5;
/** So long without a failure sets the count back, ms. */
export const HEALTHY_MS = 9_000;
/** One restarted from a snapshot that fails again within this, twice, starts from its input, ms. */
export const EARLY_MS = 5_000;
