import { systemRandomness } from '../../../identity/randomness.ts';
import { LIMITS } from '../../../limits.ts';
import type { Deadlines } from '../../../runtime/liveness/deadlines.ts';

const PREFIX = 'holdfast-ping-';

/**
 * What the pings of a stream are counted from: by chance, so that their ids tell nothing of other streams, nor how many
 * there are, and the answer to one is not that to another's.
 */
export const pingsBefore = (): number => Math.floor(systemRandomness.number() * 2 ** 30);

/** The id of a ping of that number. */
export const pingIdOf = (n: number): string => `${PREFIX}${n}`;

/**
 * Whether the id of a response is one of a ping. No server ever sees such a response, whether or not a ping waits for it:
 * the request was never its own.
 */
export const isPingId = (id: unknown): id is string =>
  typeof id === 'string' && id.startsWith(PREFIX);

/** A ping as JSON. */
export const pingJson = (n: number): string =>
  JSON.stringify({ jsonrpc: '2.0', id: pingIdOf(n), method: 'ping' });

/**
 * How often an open GET is pinged, ms: once a heartbeat window (the time in which a client that lives gives a sign of it),
 * or each `LIMITS.pingWindowMs` where no heartbeat is expected. At least three times in an idle timeout, so that a client
 * that answers is proven before that is over, and at most once a second.
 */
export const pingWindowMs = (deadlines: Deadlines): number => {
  const { heartbeatIntervalMs, heartbeatMissed, idleTimeoutMs } = deadlines;
  const windowMs = heartbeatIntervalMs * heartbeatMissed;
  const wantedMs = Number.isFinite(windowMs) ? windowMs : LIMITS.pingWindowMs;
  return Math.max(1_000, Math.min(wantedMs, idleTimeoutMs / 3));
};
