import type { AnyActorLogic, AnyActorRef, EventObject } from 'xstate';
import { sessionMachine } from '../../machines/index.ts';
import { arrives } from './session-actor.ts';

/** What runs under a session's actor. XState does not know of it, so that no chart hears of its end. */
export interface Ward {
  /** The session's actor is going: what runs under it goes too. Must not throw. */
  stop(): void;
  /** It sent its parent an event, which a session does not take. Must not throw. */
  stray(event: EventObject): void;
}

const wards = new WeakMap<AnyActorRef, Ward>();

/** Puts something under a session's actor, in the place of what was there. */
export const setWard = (session: AnyActorRef, ward: Ward): void => {
  wards.set(session, ward);
};

/** Takes it away again, unless something else has its place. */
export const removeWard = (session: AnyActorRef, ward: Ward): void => {
  if (wards.get(session) === ward) wards.delete(session);
};

/**
 * The same logic, as a session's actor runs it: it hears only what `sendToSession` sent. A child's report of its end
 * would be an unhandled error, of which a chart dies; and an event a child sends its parent would move the chart
 * without the runtime. What runs under the actor is stopped with it. One such logic serves all sessions.
 */
export const guardSession = <Logic extends AnyActorLogic>(logic: Logic): Logic => {
  const guarded: Logic = Object.create(logic);
  guarded.transition = (snapshot, event, scope) => {
    const { type } = event;
    if (type !== 'xstate.stop' && !arrives(event)) {
      if (!type.startsWith('xstate.')) wards.get(scope.self)?.stray(event);
      return snapshot;
    }
    let status = 'error';
    try {
      const next = logic.transition(snapshot, event, scope);
      ({ status } = next);
      return next;
    } finally {
      if (status !== 'active') wards.get(scope.self)?.stop();
    }
  };
  return guarded;
};

/** What a session's actor runs: its chart. */
export const sessionLogic = guardSession(sessionMachine);
