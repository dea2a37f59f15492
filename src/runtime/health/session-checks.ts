import type { SessionState } from '../../../machines/index.ts';
import type { SessionHost } from '../host.ts';
import { nextDeadline } from '../liveness/next-deadline.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** What must be true of a session in memory; the detail where it is not, `null` where it is. */
type Check = (context: RuntimeContext, host: SessionHost) => string | null;

/** A wall clock that is slewed, and not stepped, may bring a wall deadline nearer by this, unnoticed, ms. */
const SLEW_MS = 60_000;

/** By the stable word for what is wrong. */
export const SESSION_CHECKS: Readonly<Record<string, Check>> = {
  gone: (_context, host) => {
    if (host.released) return 'It was let go, but is still among the sessions in memory.';
    if (host.shown === 'terminated') return 'Its end is recorded, but it is still in memory.';
    return null;
  },
  'no-record': (_context, host) =>
    host.made && host.record === null ? 'It was made, but has no record.' : null,
  'record-differs': (context, host) => {
    const { record } = host;
    if (record === null || !atRest(host)) return null;
    if (record.id !== host.id) return `Its record is of ${record.id}.`;
    if (record.principal !== host.principal) return 'Its record is of another principal.';
    if (record.owner !== context.owner) return 'Its record is held by another owner.';
    if (recordedAs(record.state) === recordedAs(host.shown)) return null;
    return `It shows ${host.shown}, but ${record.state} is recorded and nothing is to be.`;
  },
  'state-differs': (_context, host) =>
    atRest(host) && host.state !== host.shown
      ? `It shows ${host.shown}, but its actor is ${host.state} and nothing is to be recorded.`
      : null,
  'no-actor': (context, host) => {
    if (host.crashed) return null;
    const { actor } = host;
    if (context.registry.get(actor.id) !== actor) return 'The registry does not have its actor.';
    const { status, value } = actor.getSnapshot();
    return status === 'active' ? null : `Its actor is ${status} (${value}).`;
  },
  'in-flight-differs': (_context, host) => {
    const { behaviour, inFlight, untold } = host;
    // A restart is told while it is still counted: a listener may ask just then.
    if (behaviour !== null && untold.telling) return null;
    const operations = host.work?.size ?? 0;
    const restarts = behaviour?.view.status === 'restarting' ? 1 : 0;
    const deciding = host.deciding ? 1 : 0;
    if (inFlight === operations + restarts + deciding) return null;
    return `${inFlight} are counted, but there are ${operations} operations and ${restarts} restarts.`;
  },
  'deadline-unwatched': (context, host) => {
    const { what } = nextDeadline(context, host, context.clock.mono());
    // During its look an entry is out of the wheel: a listener may ask just then.
    if (what === 'none' || host.bucket !== null || host.untold.telling) return null;
    return `${what} runs, but the wheel does not have it.`;
  },
  'deadline-late': (context, host) => {
    const mono = context.clock.mono();
    const { what, at } = nextDeadline(context, host, mono);
    const filedAt = context.wheel.filedFor(host);
    // While a session is being made only its lifetime counts; it is filed anew when it is ready.
    if (what === 'none' || filedAt === null || !host.made) return null;
    // A change of state is told before it is filed anew; so is a rest that was cancelled, at the end of its step.
    if (host.untold.telling || context.lanes.has(host)) return null;
    const onWall = what === 'maxLifetime' || what === 'pausedTimeout';
    if (onWall && stepped(context)) return null;
    const lateMs = filedAt - Math.max(at, mono) - 2 * context.deadlines.tickMs;
    if (lateMs <= (onWall ? SLEW_MS : 0)) return null;
    const when = at <= mono ? `was due ${Math.round(mono - at)} ms ago` : 'runs';
    return `${what} ${when}, but is looked at ${Math.round(filedAt - Math.max(at, mono))} ms late.`;
  },
  'commit-forgotten': (_context, host) => {
    const { dirty, committing, retry, record, untold } = host;
    // What a commit brought is told before the next one begins: a listener may ask just then.
    if (!dirty || committing || retry !== null || record === null || untold.telling) return null;
    return 'A change waits to be recorded, but no attempt is under way or to come.';
  },
  'event-forgotten': (_context, host) => {
    const { untold } = host;
    const waits = untold.asked > untold.recorded && untold.size > 0 && !untold.telling;
    if (!waits || host.dirty || host.committing || host.appends !== null) return null;
    return 'An event waits for a commit, but none is to come.';
  },
  'principal-unlisted': (context, host) => {
    const { principal } = host;
    if (principal === null || context.perPrincipal.get(principal)?.has(host)) return null;
    return 'It is not listed under its principal.';
  },
};

/** It is made, everything decided is recorded, and everything recorded is told. */
const atRest = (host: SessionHost): boolean =>
  host.made &&
  host.record !== null &&
  !host.dirty &&
  !host.committing &&
  host.limbo === null &&
  host.untold.size === 0 &&
  !host.untold.telling;

/** `active` and `idle` need no commit between them. */
const recordedAs = (state: SessionState): SessionState => (state === 'idle' ? 'active' : state);

/** The wall clock moved since the last tick, and the wheel has not had its turn to see to it. */
const stepped = ({ clock, wallOffset, deadlines }: RuntimeContext): boolean =>
  Math.abs(clock.wall() - clock.mono() - wallOffset) > deadlines.gapMs;
