import {
  HoldfastError,
  SessionNotFoundError,
  SessionTerminatedError,
  SessionUnreadableError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { SessionHost } from '../host.ts';
import { awayDue, filedAway } from '../liveness/filing.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { endStored, overdue } from './end-stored.ts';
import { recordSigns } from './record-signs.ts';
import { hasNewWatch } from './stored-due.ts';
import { tellUnreadable } from './unreadable.ts';
import { wake } from './wake.ts';

/*
 * What falls due of stored sessions. The sweep loads what is due before the next one into the wheel, so that they keep
 * the tick like those in memory; at most so many are seen to at once.
 */

/** What the wheel does with a stored session that fell due: sees to it, and says when to look again (mono). */
export const lookAway = (context: RuntimeContext, host: SessionHost, now: number): number => {
  const { tickMs } = context.deadlines;
  if (context.lanes.has(host) || context.overdue.has(host)) return now + tickMs;
  const at = awayDue(context, host, now);
  if (at > now) {
    if (!hasNewWatch(host)) return filedAway(context, host, now);
    void recordSigns(context, host);
    return Math.min(at, now + Math.max(tickMs, LIMITS.retryAfterMs));
  }
  if (context.draining) return Number.POSITIVE_INFINITY;
  context.overdue.add(host);
  settleNext(context);
  // Where that fails it is tried again.
  return now + Math.max(tickMs, LIMITS.retryAfterMs);
};

/** Sees to those that are due in the order in which they were found, `LIMITS.storedEnds` at once. */
const settleNext = (context: RuntimeContext): void => {
  for (const host of context.overdue) {
    if (context.settling >= LIMITS.storedEnds || context.draining) return;
    context.overdue.delete(host);
    context.settling += 1;
    void settle(context, host).finally(() => {
      context.settling -= 1;
      settleNext(context);
    });
  }
};

/** Sees to a stored session that is due: ends it, or wakes it for a delay of its behaviour. Never rejects. */
const settle = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (!host.isAway) return;
  try {
    if (isUnfinished(host) || overdue(context, host) !== null) {
      await endStored(context, host, () => overdue(context, host));
    } else if (awayDue(context, host, context.clock.mono()) <= context.clock.mono()) {
      await wake(context, host);
    }
  } catch (error) {
    // No room, or no store: it is tried again. What will not get better by itself is told.
    const passes = error instanceof HoldfastError && error.retryable;
    const over = error instanceof SessionTerminatedError || error instanceof SessionNotFoundError;
    const told = over || error instanceof SessionUnreadableError;
    if (!passes && !told) reportError(context, host, 'a stored deadline', error);
  }
  // Found only as its record was claimed, for a deadline that was therefore not kept.
  if (host.isAway && host.reason === null) tellUnreadable(context, host);
};

/** A process was making it, or ending it, and did not live to finish that. */
const isUnfinished = ({ record }: SessionHost): boolean =>
  record?.state === 'initializing' || record?.state === 'terminating';
