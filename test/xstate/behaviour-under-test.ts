import type { AnyActorLogic, EventObject } from 'xstate';
import { BehaviourActor, type BehaviourStart } from '../../src/xstate/behaviour-actor.ts';
import type { Inspector } from '../../src/xstate/inspection.ts';
import { type SessionActor, sendToSession } from '../../src/xstate/session-actor.ts';
import { sessionLogic } from '../../src/xstate/session-logic.ts';
import { acceptingRegistry } from './registry-under-test.ts';

/** A session's actor in a registry of its own, active, and a way to start behaviours under it. */
export const sessionWithBehaviours = (inspect?: Inspector) => {
  const parts = acceptingRegistry({
    logic: sessionLogic,
    ...(inspect === undefined ? {} : { inspect }),
  });
  const session = parts.spawn('ses');
  sendToSession(session, { type: 'session.ready' });
  const run = (
    logic: AnyActorLogic,
    from: BehaviourStart = { input: undefined },
    under: SessionActor = session,
  ) => {
    const heard: string[] = [];
    const hear = (what: string) => (event: EventObject) => void heard.push(`${what} ${event.type}`);
    const actor = new BehaviourActor(under, logic, from, {
      snapshot: () => undefined,
      emitted: hear('emitted'),
      stray: hear('stray'),
      done: (output) => void heard.push(`done ${String(output)}`),
      failed: (error) => void heard.push(`failed ${String(error)}`),
      stopped: () => void heard.push('stopped'),
    });
    actor.start();
    return { actor, heard };
  };
  return { ...parts, session, run };
};

export const boom = (): never => {
  throw new Error('boom');
};
