import { planted } from '../../planted.ts';
import type { SessionHost } from '../host.ts';
import { tell } from '../plane/plane.ts';
import { checkpointMs, hasNewWatch } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { type Due, type Moment, NOTHING_DUE, nextDue } from './next-due.ts';

/*
 * A session has one entry in the wheel. A beat or an activity only writes a number; the entry is filed anew
 * where a deadline may have come nearer: at a change of state, at the first beat, at the end of the last work.
 */

/** The moment, as the deadline rules need it. */
const momentOf = (
  context: RuntimeContext,
  { isAway, unreadable }: SessionHost,
  mono: number,
): Moment => {
  const wall = context.clock.wall();
  // Those in memory are looked at after the tick that finds it; a call may look at the others at any moment.
  const endOfLastGap = isAway && inGap(context, mono, wall) ? mono : context.endOfLastGap;
  // Nobody could reach one that this process cannot read: that is no silence of its client's.
  return { mono, wall, endOfLastGap, frozen: context.draining || unreadable !== null };
};

/** The process was held up, or a clock stepped, and the next tick has not come yet that finds it: it is not over. */
const inGap = (
  { tickedAt, wallOffset, deadlines }: RuntimeContext,
  mono: number,
  wall: number,
): boolean => {
  if (planted('stall-counted-as-silence')) return false;
  const { tickMs, gapMs } = deadlines;
  return mono - tickedAt > tickMs + gapMs || Math.abs(wall - mono - wallOffset) > gapMs;
};

/** When the last gap was over, on the wall clock as it is now. See `Runtime.awakeSince`. */
export const awakeSince = (context: RuntimeContext): number => {
  const [mono, wall] = [context.clock.mono(), context.clock.wall()];
  return inGap(context, mono, wall) ? wall : wall - (mono - context.endOfLastGap);
};

/** What falls due next for this session. */
export const dueOf = (context: RuntimeContext, host: SessionHost, mono: number): Due =>
  host.unreadable?.what === 'record'
    ? NOTHING_DUE
    : nextDue(host, context.deadlines, momentOf(context, host, mono));

/**
 * Files the session's entry at its next deadline. A stored one is filed where that is due before the next sweep, which
 * finds the others.
 */
export const fileNext = (context: RuntimeContext, host: SessionHost): void => {
  const now = context.clock.mono();
  if (host.residency === 'stored') {
    if (context.closed) return;
    context.wheel.file(host, filedAway(context, host, now));
    return;
  }
  const { at } = dueOf(context, host, now);
  context.wheel.file(
    host,
    host.state === 'active' ? Math.min(at, now + checkpointMs(context)) : at,
  );
};

/**
 * When a stored session is looked at by the wheel, mono; `Infinity`: the sweep finds it in time. One that has a deadline
 * which its record does not know is looked at at once, to record that.
 */
export const filedAway = (context: RuntimeContext, host: SessionHost, now: number): number => {
  const at = awayDue(context, host, now);
  if (hasNewWatch(host)) return Math.min(at, now + context.deadlines.tickMs);
  return at <= context.sweptUntil ? at : Number.POSITIVE_INFINITY;
};

/** When something of a stored session is due, mono: a deadline, a delay of its behaviour, or what was left unfinished. */
export const awayDue = (context: RuntimeContext, host: SessionHost, mono: number): number => {
  const { record } = host;
  if (record === null || host.unreadable?.what === 'record') return Number.POSITIVE_INFINITY;
  if (record.state === 'initializing' || record.state === 'terminating') return mono;
  const delayAt = host.behaviour?.nextDelayAt() ?? Number.POSITIVE_INFINITY;
  const delay = mono + (delayAt - context.clock.wall());
  return Math.min(dueOf(context, host, mono).at, delay);
};

/** Starts every silence deadline anew from now. */
export const resetSilence = (context: RuntimeContext, host: SessionHost): void => {
  const now = context.clock.mono();
  host.quietSince = now;
  host.contact.lastSign = now;
  if (host.missed > 0) tell(context, host, { type: 'session.recovered' }, false);
  host.missed = 0;
  fileNext(context, host);
};

/** Work that is no operation begins: no silence deadline counts while it lasts, and the session stays in memory. */
export const beginWork = (context: RuntimeContext, host: SessionHost): void => {
  host.inFlight += 1;
  context.inFlight += 1;
};

/** It is over: the silence deadlines that it held off count from here. */
export const endWork = (context: RuntimeContext, host: SessionHost): void => {
  host.inFlight -= 1;
  context.inFlight -= 1;
  host.quietSince = context.clock.mono();
  if (host.inFlight === 0 && host.reason === null && !host.released) fileNext(context, host);
  if (context.inFlight === 0) context.onQuiet?.();
};

/** Wall time of the session's last activity, to the ms. */
export const lastActivityAt = ({ clock }: RuntimeContext, host: SessionHost): number =>
  Math.round(clock.wall() - (clock.mono() - host.quietSince));
