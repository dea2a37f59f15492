import type { EndDeadline } from '../../../machines/index.ts';
import { LIMITS } from '../../limits.ts';
import { planted } from '../../planted.ts';
import { flush } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { assertOpen, end, move } from '../lifecycle/lifecycle.ts';
import { tell } from '../plane/plane.ts';
import { hibernate } from '../residency/hibernate.ts';
import { lookAway } from '../residency/settle.ts';
import { checkpointMs, isOutdated } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { dueOf, fileNext } from './filing.ts';
import { quieten } from './quieten.ts';

/** The client did something: a number is written, and an idle session becomes active. */
export const touch = (context: RuntimeContext, host: SessionHost): void => {
  assertOpen(host);
  const now = context.clock.mono();
  sign(context, host, now);
  const { state } = host;
  if (state === 'paused') return;
  host.quietSince = now;
  if (state !== 'idle') return;
  if (!move(context, host, { type: 'session.activity' })) {
    assertOpen(host);
    return;
  }
  tell(context, host, { type: 'session.state-changed', from: 'idle', to: 'active' }, false);
  fileNext(context, host);
};

/** The client is alive: a number is written. The first beat starts the watch. */
export const beat = (context: RuntimeContext, host: SessionHost): void => {
  assertOpen(host);
  context.counters.beats += 1;
  const now = context.clock.mono();
  sign(context, host, now);
  if (host.contact.presences > 0) host.contact.provenAt = now;
  if (host.watched || host.beats === 'off') return;
  host.watched = true;
  fileNext(context, host);
};

/** What the wheel does with an entry that fell due: acts on it, and says when to look again (mono). */
export const look = (context: RuntimeContext, host: SessionHost, now: number): number => {
  if (host.isAway) return lookAway(context, host, now);
  checkpoint(context, host);
  // A wall clock that was put back gives the lifetime back, and with it the grace at its end.
  if (host.expiresAt !== null && context.clock.wall() < host.expiresAt) {
    host.lifetimeGraceEnd = null;
  }
  for (;;) {
    const due = dueOf(context, host, now);
    if (due.at > now) return Math.min(due.at, nextCheckpoint(context, host, now));
    if (planted('presence-as-work') && host.contact.presences > 0)
      return now + context.deadlines.tickMs;
    switch (due.what) {
      case 'none':
        return Number.POSITIVE_INFINITY;
      case 'idleAfter':
        // Ignored, it would fall due again at once, for ever.
        if (!quieten(context, host)) return now + context.deadlines.tickMs;
        break;
      case 'beat':
        missBeat(context, host);
        break;
      case 'hibernateAfter':
        // Where that comes to nothing: when it has rested once more.
        host.restingSince = now + context.deadlines.tickMs;
        void hibernate(context, host);
        break;
      case 'maxLifetime':
        if (host.inFlight > 0) {
          // No new work from here on (see `run`); what runs has a grace, then its signal.
          host.lifetimeGraceEnd ??= now + LIMITS.lifetimeGraceMs;
          if (host.lifetimeGraceEnd > now) return host.lifetimeGraceEnd;
        }
        return expire(context, host, due.what, now);
      default:
        return expire(context, host, due.what, now);
    }
  }
};

/** A stored deadline that has become too early for what is known here is recorded anew. */
const checkpoint = (context: RuntimeContext, host: SessionHost): void => {
  if (host.dirty || host.committing || !isOutdated(context, host)) return;
  host.dirty = true;
  void flush(context, host);
};

const nextCheckpoint = (context: RuntimeContext, host: SessionHost, now: number): number =>
  host.state === 'active' ? now + checkpointMs(context) : Number.POSITIVE_INFINITY;

/** A sign of life: a late client has recovered, and a session that was about to be put away stays. */
const sign = (context: RuntimeContext, host: SessionHost, now: number): void => {
  host.contact.lastSign = now;
  if (host.residency === 'hibernating') host.residency = 'resident';
  // One that is being woken may have to stay where it is: for want of room, or of a store that answers.
  if (host.isAway) noteAway(context, host);
  if (host.missed === 0) return;
  host.missed = 0;
  tell(context, host, { type: 'session.recovered' }, false);
  fileNext(context, host);
};

/** It is heard of only here, until that is recorded: so it is not to be forgotten. */
const noteAway = (context: RuntimeContext, host: SessionHost): void => {
  host.contact.unrecorded = true;
  context.away.review(host);
};

/** One interval without a sign of life. Told one by one, so that a gap of ours is never told as many. */
const missBeat = (context: RuntimeContext, host: SessionHost): void => {
  host.missed += 1;
  if (host.missed === 1) tell(context, host, { type: 'session.late' }, false);
  // A listener that heard so may have ended it, or given the sign of life that was missing.
  if (host.reason !== null || host.missed === 0) return;
  context.counters.misses += 1;
  tell(context, host, { type: 'session.beat-missed', missed: host.missed }, false);
};

const expire = (
  context: RuntimeContext,
  host: SessionHost,
  deadline: EndDeadline,
  now: number,
): number => {
  const at = context.clock.wall();
  const inFlight = planted('work-reaped') ? 0 : host.inFlight;
  end(context, host, { type: 'session.due', deadline, inFlight, at });
  // The wall clock may have stepped back in between, so that the chart found the lifetime not over.
  return host.reason === null ? now + context.deadlines.tickMs : Number.POSITIVE_INFINITY;
};
