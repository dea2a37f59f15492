import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';

/** The limits of a session's silence and age. `Infinity` or `'off'` for none; 0, negative and NaN are refused. */
export interface DeadlineOptions {
  /** Quiet for this long: `active → idle`. ms, default 2 min. */
  readonly idleAfterMs?: number | 'off';
  /** Quiet for this long: ended with `idle-timeout`. ms, default 30 min; 24 h with a durable store. */
  readonly idleTimeoutMs?: number | 'off';
  /** How often a client that beats should beat. ms, default 30 s. */
  readonly heartbeatIntervalMs?: number | 'off';
  /** So many intervals without a sign of life: ended with `heartbeat-lost`. At least 1, default 3. */
  readonly heartbeatMissed?: number;
  /**
   * Idle or paused for this long, with a durable store and nothing running: put away until it is needed. ms, at least 0
   * (at the next tick), default 30 s; without a durable store never.
   */
  readonly hibernateAfterMs?: number | 'off';
  /** Paused for this long: ended with `paused-timeout`. Wall ms, default 4 h. */
  readonly pausedTimeoutMs?: number | 'off';
  /** As old as this: ended with `max-lifetime`. Wall ms, default 8 h; 7 d with a durable store. */
  readonly maxLifetimeMs?: number | 'off';
}

/** The deadlines in force: every one a number of ms, `Infinity` for none. */
export interface Deadlines {
  readonly idleAfterMs: number;
  readonly idleTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatMissed: number;
  readonly hibernateAfterMs: number;
  readonly pausedTimeoutMs: number;
  readonly maxLifetimeMs: number;
  /** How often the wheel looks: 250 ms, or an eighth of the shortest deadline. */
  readonly tickMs: number;
  /** From how long on a stall, a sleep or a clock step is a gap. */
  readonly gapMs: number;
  /** What a silence deadline gets after a gap, at most; see `docs/decisions/0003-awake-time.md`. */
  readonly graceMs: number;
  /** Deadlines left unset that made way for set ones: one sentence each, for the log. */
  readonly adjusted: readonly string[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DEFAULTS = {
  idleAfterMs: 2 * MINUTE,
  idleTimeoutMs: 30 * MINUTE,
  heartbeatIntervalMs: 30 * SECOND,
  heartbeatMissed: 3,
  pausedTimeoutMs: 4 * HOUR,
  maxLifetimeMs: 8 * HOUR,
} as const;

/** A durable session outlives its process, so it is kept longer by default. */
const DURABLE_DEFAULTS = { ...DEFAULTS, idleTimeoutMs: 24 * HOUR, maxLifetimeMs: 7 * 24 * HOUR };

type DurationName = Exclude<keyof DeadlineOptions, 'heartbeatMissed' | 'hibernateAfterMs'>;

/**
 * Each pair: the first may not be longer than the second (`strict`: must be shorter). Of two set values
 * that contradict each other both are named and refused; one left unset makes way.
 */
const ORDER: readonly { short: DurationName; long: DurationName; strict: boolean }[] = [
  { short: 'idleAfterMs', long: 'maxLifetimeMs', strict: true },
  { short: 'idleTimeoutMs', long: 'maxLifetimeMs', strict: false },
  { short: 'pausedTimeoutMs', long: 'maxLifetimeMs', strict: false },
  { short: 'idleAfterMs', long: 'idleTimeoutMs', strict: true },
];

/**
 * A positive duration of at least `leastMs` (default: none); `'off'` is `Infinity`. Throws `InvalidOptionError`
 * for anything else.
 */
export const checkedDuration = (option: string, value: unknown, leastMs = 0): number => {
  if (value === 'off') return Number.POSITIVE_INFINITY;
  if (typeof value === 'number' && value > 0 && value >= leastMs) return value;
  const least = leastMs > 0 ? `of at least ${leastMs}` : 'above 0';
  throw new InvalidOptionError(
    option,
    value,
    `a number of milliseconds ${least}, or 'off' for no limit`,
  );
};

/** As a duration, but 0 is allowed: at the next tick. */
const checkedHibernateAfter = (value: unknown): number =>
  value === 0
    ? 0
    : checkedDuration('hibernateAfterMs', value === undefined ? LIMITS.hibernateAfterMs : value);

/** A whole number of at least 1. Throws `InvalidOptionError` for anything else. */
export const checkedCount = (option: string, value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidOptionError(option, value, 'a whole number of at least 1');
};

/**
 * The deadlines in force for these options. A deadline left unset yields to the set ones, and `adjusted`
 * says so. Throws `InvalidOptionError` for a value that is not allowed and for two set
 * values that contradict each other.
 */
export const resolveDeadlines = (options: DeadlineOptions = {}, durable = false): Deadlines => {
  const defaults = durable ? DURABLE_DEFAULTS : DEFAULTS;
  const duration = (name: DurationName): number =>
    options[name] === undefined ? defaults[name] : checkedDuration(name, options[name]);
  const values: Record<DurationName, number> = {
    idleAfterMs: duration('idleAfterMs'),
    idleTimeoutMs: duration('idleTimeoutMs'),
    heartbeatIntervalMs: duration('heartbeatIntervalMs'),
    pausedTimeoutMs: duration('pausedTimeoutMs'),
    maxLifetimeMs: duration('maxLifetimeMs'),
  };
  const heartbeatMissed =
    options.heartbeatMissed === undefined
      ? defaults.heartbeatMissed
      : checkedCount('heartbeatMissed', options.heartbeatMissed);
  const hibernateAfterMs = checkedHibernateAfter(options.hibernateAfterMs);
  const adjusted = settleOrder(options, values);
  const shortestMs = Math.min(...Object.values(values));
  const tickMs = Math.min(LIMITS.tickMs, Math.max(1, shortestMs / 8));
  return Object.freeze({
    ...values,
    heartbeatMissed,
    hibernateAfterMs: durable ? hibernateAfterMs : Number.POSITIVE_INFINITY,
    tickMs,
    gapMs: Math.min(
      LIMITS.gapMs,
      Math.max(2 * tickMs, Math.min(values.heartbeatIntervalMs, values.idleAfterMs)),
    ),
    graceMs: Math.max(
      Number.isFinite(values.idleAfterMs) ? values.idleAfterMs : 0,
      Number.isFinite(values.heartbeatIntervalMs)
        ? values.heartbeatIntervalMs * heartbeatMissed
        : 0,
    ),
    adjusted,
  });
};

/**
 * Makes `values` keep `ORDER`, or throws; returns what was changed and why. A deadline that is off contradicts
 * nothing. The pairs are gone through from the longest deadline down, so one pass is enough.
 */
const settleOrder = (options: DeadlineOptions, values: Record<DurationName, number>): string[] => {
  // By name: one that made way twice is told of once, with what it came to.
  const changed = new Map<DurationName, string>();
  const isSet = (name: DurationName): boolean => options[name] !== undefined;
  for (const { short, long, strict } of ORDER) {
    const fits = strict ? values[short] < values[long] : values[short] <= values[long];
    if (fits || values[short] === Number.POSITIVE_INFINITY) continue;
    if (isSet(short) && isSet(long)) {
      const relation = strict ? 'below' : 'at most';
      throw new InvalidOptionError(short, values[short], `${relation} ${long} (${values[long]})`);
    }
    if (isSet(short)) {
      // The set one is the shorter: the unset longer one makes room for it.
      const room = strict ? values[short] * 2 : values[short];
      values[long] = long === 'maxLifetimeMs' ? room : Math.min(room, values.maxLifetimeMs);
      changed.set(long, `${long} makes room for ${short}: ${values[long]} ms`);
    } else {
      values[short] = strict ? values[long] / 2 : values[long];
      changed.set(short, `${short} yields to ${long}: ${values[short]} ms`);
    }
  }
  return [...changed.values()];
};
