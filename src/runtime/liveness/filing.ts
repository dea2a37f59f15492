import type { SessionHost } from '../host.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { type Due, type Moment, nextDue } from './next-due.ts';

/*
 * A session has one entry in the wheel. A beat or an activity only writes a number; the entry is filed anew
 * where a deadline may have come nearer: at a change of state, at the first beat, at the end of the last work.
 */

/** The moment, as the deadline rules need it. */
const momentOf = (context: RuntimeContext, mono: number): Moment => ({
  mono,
  wall: context.clock.wall(),
  endOfLastGap: context.endOfLastGap,
  frozen: context.draining,
});

/** What falls due next for this session. */
export const dueOf = (context: RuntimeContext, host: SessionHost, mono: number): Due =>
  nextDue(host, context.deadlines, momentOf(context, mono));

/** Files the session's entry at its next deadline. */
export const fileNext = (context: RuntimeContext, host: SessionHost): void => {
  context.wheel.file(host, dueOf(context, host, context.clock.mono()).at);
};

/** Starts every silence deadline anew from now. */
export const resetSilence = (context: RuntimeContext, host: SessionHost): void => {
  const now = context.clock.mono();
  host.quietSince = now;
  host.lastSign = now;
  if (host.missed > 0) tell(context, host, { type: 'session.recovered' }, false);
  host.missed = 0;
  fileNext(context, host);
};

/** Wall time of the session's last activity, to the ms. */
export const lastActivityAt = ({ clock }: RuntimeContext, host: SessionHost): number =>
  Math.round(clock.wall() - (clock.mono() - host.quietSince));
