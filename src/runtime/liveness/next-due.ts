import type { EndDeadline, SessionState } from '../../../machines/index.ts';
import { planted } from '../../planted.ts';
import type { Residency } from '../session.ts';
import type { Deadlines } from './deadlines.ts';

/** The numbers of one session that its deadlines are computed from. Mono times unless said. */
export interface LivenessNumbers {
  readonly state: SessionState;
  readonly residency: Residency;
  /** Since when it is idle or paused. */
  readonly restingSince: number;
  /** Latest of create, activity, end of the last operation, resume. */
  readonly quietSince: number;
  /** Latest of create, beat, activity, resume. */
  readonly lastSign: number;
  /** When a presence last proved life: a beat while a stream or socket was attached. */
  readonly provenAt: number;
  /** Whether beats are watched. */
  readonly watched: boolean;
  /** Missed beats told so far. */
  readonly missed: number;
  readonly inFlight: number;
  /** Attached streams or sockets that keep it in memory. */
  readonly residents: number;
  /** Wall time. */
  readonly pausedAt: number;
  /** Wall time; `null` is never. */
  readonly expiresAt: number | null;
}

/** The moment deadlines are looked at. */
export interface Moment {
  readonly mono: number;
  readonly wall: number;
  /** Mono time at which the last gap ended; `-Infinity` without one. */
  readonly endOfLastGap: number;
  /** Whether silence deadlines are frozen, as they are while the runtime drains. */
  readonly frozen: boolean;
}

/** What falls due next, and when (mono; `Infinity`: nothing). */
export interface Due {
  readonly at: number;
  readonly what: EndDeadline | 'idleAfter' | 'beat' | 'hibernateAfter' | 'none';
}

/** Nothing falls due. */
export const NOTHING_DUE: Due = { at: Number.POSITIVE_INFINITY, what: 'none' };

const earlier = (a: Due, what: Due['what'], at: number): Due => (at < a.at ? { at, what } : a);

/**
 * What falls due next for these numbers. Pure: the whole of the deadline rules, in one place.
 *
 * - Work in flight holds off every silence deadline; only the lifetime runs on.
 * - After a gap a silence deadline is honoured no earlier than the gap's end plus a fresh window: a server's
 *   own silence never counts against a client. The window is never longer than the deadline itself.
 * - Wall deadlines are promises: no gap moves them, and they are honoured late if need be.
 * - A stored session has only the deadlines that end it.
 */
export const nextDue = (numbers: LivenessNumbers, deadlines: Deadlines, now: Moment): Due => {
  const { state } = numbers;
  const inFlight = planted('work-reaped') ? 0 : numbers.inFlight;
  if (state === 'terminating' || state === 'terminated') return NOTHING_DUE;
  const onWall = (at: number): number => now.mono + (at - now.wall);
  let due = NOTHING_DUE;
  if (numbers.expiresAt !== null) due = earlier(due, 'maxLifetime', onWall(numbers.expiresAt));
  if (state === 'paused') {
    due = earlier(due, 'pausedTimeout', onWall(numbers.pausedAt + deadlines.pausedTimeoutMs));
  }
  if (state === 'initializing' || now.frozen) return due;
  const resident = numbers.residency === 'resident';
  if (resident && state !== 'active' && inFlight === 0 && numbers.residents === 0) {
    due = earlier(due, 'hibernateAfter', numbers.restingSince + deadlines.hibernateAfterMs);
  }
  if (state === 'paused') return due;
  const honoured = (since: number, lengthMs: number): number =>
    Math.max(since + lengthMs, now.endOfLastGap + Math.min(lengthMs, deadlines.graceMs));
  if (inFlight === 0) {
    if (state === 'active' && resident) {
      due = earlier(due, 'idleAfter', honoured(numbers.quietSince, deadlines.idleAfterMs));
    }
    // A presence that proves life keeps a session from its end, but not from becoming idle.
    const silentSince = Math.max(numbers.quietSince, numbers.provenAt);
    due = earlier(due, 'idleTimeout', honoured(silentSince, deadlines.idleTimeoutMs));
  }
  return numbers.watched ? nextBeat(numbers, deadlines, honoured, due) : due;
};

/** The next missed beat to tell, or the end of the heartbeat window: the last of them. */
const nextBeat = (
  numbers: LivenessNumbers,
  deadlines: Deadlines,
  honoured: (since: number, lengthMs: number) => number,
  due: Due,
): Due => {
  const { heartbeatIntervalMs, heartbeatMissed } = deadlines;
  // Who waited for an answer has the whole window from that answer on.
  const since = Math.max(numbers.lastSign, numbers.quietSince);
  const beat = numbers.missed + 1;
  const next =
    beat < heartbeatMissed && numbers.residency === 'resident'
      ? earlier(due, 'beat', honoured(numbers.lastSign, beat * heartbeatIntervalMs))
      : due;
  if (numbers.inFlight > 0 && !planted('work-reaped')) return next;
  return earlier(next, 'heartbeat', honoured(since, heartbeatMissed * heartbeatIntervalMs));
};
