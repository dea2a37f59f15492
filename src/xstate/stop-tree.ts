import { type AnyActorLogic, type AnyActorRef, isMachineSnapshot } from 'xstate';
import { childrenOf } from './actor-tree.ts';

/** What XState keeps of an actor and does not publish: how it is stopped, and what it runs. */
interface Stoppable {
  _stop?: () => unknown;
  logic?: AnyActorLogic;
}

/**
 * Stops an actor and everything under it, whatever has become of it: XState leaves the children of an actor that failed
 * running, and does not tell the failed one's logic to let go of what it holds. Twice is once. Never throws.
 */
export const stopTree = (actor: AnyActorRef): void => {
  // Named before it stops: afterwards its snapshot may not know them.
  const children = childrenOf(actor);
  const { logic, _stop: stop } = actor as AnyActorRef & Stoppable;
  if (actor.getSnapshot().status === 'error') {
    if (logic !== undefined) letGo(actor, logic);
  } else {
    stop?.call(actor);
  }
  // What was scheduled for an actor that never started is not cancelled by its stop.
  actor.system.scheduler.cancelAll(actor);
  for (const [, child] of children) stopTree(child);
};

/** Failed actors whose logic was told. */
const told = new WeakSet<AnyActorRef>();

/** Tells a failed actor's logic to stop, as XState tells one that did not fail. */
const letGo = (actor: AnyActorRef, logic: AnyActorLogic): void => {
  const snapshot = actor.getSnapshot();
  // A machine holds nothing but its children.
  if (isMachineSnapshot(snapshot) || told.has(actor)) return;
  told.add(actor);
  const after: (() => void)[] = [];
  try {
    logic.transition(
      snapshot,
      { type: 'xstate.stop' },
      {
        self: actor,
        id: actor.id,
        sessionId: actor.sessionId,
        system: actor.system,
        logger: () => undefined,
        emit: () => undefined,
        defer: (effect) => after.push(effect),
        stopChild: stopTree,
        actionExecutor: () => undefined,
      },
    );
    for (const effect of after) effect();
  } catch {
    // It has failed before, and that was told.
  }
};
