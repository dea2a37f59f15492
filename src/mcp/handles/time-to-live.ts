import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Deadlines } from '../../runtime/liveness/deadlines.ts';

/** How long a handle lives without use, ms: as given, or as long as the runtime keeps a silent session. */
export const checkedTtl = (given: unknown, { idleTimeoutMs }: Deadlines): number => {
  const least = LIMITS.handleTtlLeastMs;
  const most = Math.min(idleTimeoutMs, Number.MAX_SAFE_INTEGER);
  const ttlMs = given === undefined ? idleTimeoutMs : given;
  if (typeof ttlMs === 'number' && Number.isSafeInteger(Math.ceil(ttlMs))) {
    if (ttlMs >= least && ttlMs <= most) return ttlMs;
  }
  const bound = Number.isFinite(idleTimeoutMs)
    ? `the runtime's deadlines.idleTimeoutMs, ${idleTimeoutMs}`
    : 'any finite number, and must be given, because the runtime has no idle timeout';
  throw new InvalidOptionError(
    'ttlMs',
    given === undefined && !Number.isFinite(idleTimeoutMs) ? undefined : ttlMs,
    `a number of milliseconds from ${least} to ${bound}`,
  );
};

const UNITS: readonly (readonly [ms: number, one: string])[] = [
  [24 * 60 * 60_000, 'day'],
  [60 * 60_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** A duration of at least a second as people say it: "30 minutes". Never longer than it is. */
export const inWords = (ms: number): string => {
  const whole = ms - (ms % 1_000);
  const [unit, one] = UNITS.find(([unit]) => whole % unit === 0) ?? [1_000, 'second'];
  const count = whole / unit;
  return count === 1 ? `1 ${one}` : `${count} ${one}s`;
};

/** When handles end by themselves, as the opening tool's description says it. */
export const lifeInWords = (name: string, ttlMs: number, { maxLifetimeMs }: Deadlines): string => {
  const unused = `The ${name} expires after ${inWords(ttlMs)} without use`;
  return Number.isFinite(maxLifetimeMs) && maxLifetimeMs >= 1_000
    ? `${unused}, and ${inWords(maxLifetimeMs)} after it was opened at the latest.`
    : `${unused}.`;
};
