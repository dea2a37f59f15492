import { type AnyActorRef, type AnyMachineSnapshot, isMachineSnapshot } from 'xstate';
import { childrenOf } from './stop-tree.ts';

/**
 * Starts the `after` delays of the states a restored machine is in, anew and in full; those of the machines under it
 * too. XState forgets them: the machine would stay where it is for ever. Call it before the actor is started. Throws
 * what a delay's own function throws. Events that an action sent with a delay of its own are not known any more.
 */
export const startDelaysAnew = (actor: AnyActorRef): void => {
  const snapshot = actor.getSnapshot();
  if (snapshot.status !== 'active') return;
  if (isMachineSnapshot(snapshot)) {
    for (const [type, delay] of delaysOf(snapshot)) {
      const delayMs = lengthOf(actor, snapshot, delay);
      actor.system.scheduler.schedule(actor, actor, { type }, delayMs, type);
    }
  }
  for (const child of childrenOf(actor)) startDelaysAnew(child);
};

/** The delays of these states by the event each sends: one event serves all transitions of a delay. */
const delaysOf = (snapshot: AnyMachineSnapshot): Map<string, unknown> =>
  new Map(
    snapshot._nodes.flatMap((node) =>
      node.after.map(({ eventType, delay }): [string, unknown] => [eventType, delay]),
    ),
  );

const lengthOf = (actor: AnyActorRef, snapshot: AnyMachineSnapshot, delay: unknown): number => {
  if (typeof delay === 'number') return delay;
  const named = snapshot.machine.implementations.delays[String(delay)];
  const event = { type: 'xstate.init' };
  const length =
    typeof named === 'function'
      ? named({ context: snapshot.context, event, self: actor, system: actor.system }, undefined)
      : named;
  // A name nobody defined is no delay, as where it is entered.
  return typeof length === 'number' ? length : 0;
};
