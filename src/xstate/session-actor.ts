import type { ActorRefFrom, SnapshotFrom, Subscription } from 'xstate';
import type { SessionEvent, SessionEventType, SessionMachine } from '../../machines/index.ts';
import { contained } from '../errors/contained.ts';
import { InvalidEventError } from '../errors.ts';

/** The actor of one session. */
export type SessionActor = ActorRefFrom<SessionMachine>;

/**
 * What became of an event. `taken`: the chart has a place for it in the state it met, be it one that changes
 * nothing (an activity while active). `ignored`: the pair is not drawn, its guard said no, or the session is
 * over. `queued`: the session was in the middle of another event, so the answer is not known yet.
 */
export type Reception = 'taken' | 'ignored' | 'queued';

const SESSION_EVENTS = {
  'session.ready': true,
  'session.failed': true,
  'session.activity': true,
  'session.quiet': true,
  'session.pause': true,
  'session.resume': true,
  'session.terminate': true,
  'session.due': true,
  'session.cleaned': true,
} as const satisfies Record<SessionEventType, true>;

/** Actors in the middle of an event, and whether another was sent to them meanwhile. */
const receiving = new WeakMap<SessionActor, { interrupted: boolean }>();

/** Events on their way from `sendToSession` to an actor. Taken out one by one: a weak table never shrinks by itself. */
const underWay = new WeakSet<object>();

/** Whether this very event comes from `sendToSession`, asked where it arrives: what a child sends it does not. Once. */
export const arrives = (event: object): boolean => underWay.delete(event);

/** Whether the actor is in the middle of an event sent with `sendToSession`. Never true in a microtask. */
export const isReceiving = (actor: SessionActor): boolean => receiving.has(actor);

/**
 * The only way to send something to a session. Throws `InvalidEventError` for a type that is not a session's:
 * XState itself would let `xstate.stop` and `xstate.after…` in from anywhere, and keeps a note of every new
 * event type for ever.
 */
export const sendToSession = (actor: SessionActor, event: SessionEvent): Reception => {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(SESSION_EVENTS, event.type)) {
    throw new InvalidEventError(event, Object.keys(SESSION_EVENTS));
  }
  const before = actor.getSnapshot();
  if (before.status !== 'active') return 'ignored';
  underWay.add(event);

  const outer = receiving.get(actor);
  if (outer !== undefined) {
    outer.interrupted = true;
    actor.send(event);
    return 'queued';
  }

  const turn = { interrupted: false };
  receiving.set(actor, turn);
  try {
    actor.send(event);
  } finally {
    receiving.delete(actor);
  }
  // A new snapshot means taken, unless an event in between made it. The same one means ignored, except for
  // a transition without target and action, which only the chart can tell.
  if (actor.getSnapshot() !== before && !turn.interrupted) return 'taken';
  return before.machine.getTransitionData(before, event).length > 0 ? 'taken' : 'ignored';
};

/**
 * Shows a session's snapshots to a listener that is not ours. Use it rather than `actor.subscribe`: there a
 * listener that throws, or a session that fails while someone listens without asking for errors, throws where
 * nobody can catch it, and ends the process.
 */
export const watchSession = (
  actor: SessionActor,
  listener: (snapshot: SnapshotFrom<SessionMachine>) => void,
  onError: (error: unknown) => void = () => {},
): Subscription =>
  actor.subscribe({
    next: (snapshot) => {
      contained(() => listener(snapshot), onError);
    },
    error: () => {},
  });
