import type { AnyActorRef, EventObject } from 'xstate';
import { InvalidOptionError } from '../errors.ts';
import { type ActorPath, actorTree } from './actor-tree.ts';
import { delayedEventsOf, type PendingEvent } from './delayed-events.ts';

/** An event that an actor of a tree has sent to one of the same tree with a delay, `after` included. */
export interface PendingDelay {
  readonly from: ActorPath;
  readonly to: ActorPath;
  readonly event: EventObject;
  /** Its id, by which it can be cancelled; that of an `after` is its event type. `null` for none. */
  readonly id: string | null;
  /** When it is due, mono ms. */
  readonly due: number;
}

/**
 * What the actors of a tree have pending, in the order in which it is delivered. What is for an actor that is not in the
 * tree any more is left out, and so is what is for the parent of its root, which would let it fall. Throws
 * `InvalidOptionError` for what is for an actor elsewhere: nobody could find that one again.
 */
export const pendingDelays = (root: AnyActorRef): PendingDelay[] => {
  const events = delayedEventsOf(root.system);
  const tree = actorTree(root);
  const paths = new Map(tree.map(({ path, actor }) => [actor, path]));
  const pending = tree.flatMap(({ path, actor }) =>
    events.pendingOf(actor).map((event) => ({ from: path, event })),
  );
  return pending
    .sort((a, b) => inOrder(a.event, b.event))
    .flatMap(({ from, event: { target, event, id, due } }) => {
      const to = paths.get(target);
      if (to !== undefined) return [{ from, to, event, id, due }];
      if (target === root._parent || isUnder(root, target)) return [];
      const where = `the target of the delayed event "${event.type}"`;
      throw new InvalidOptionError(where, target.id, 'an actor of the same behaviour');
    });
};

const inOrder = (a: PendingEvent, b: PendingEvent): number => a.due - b.due || a.order - b.order;

const isUnder = (root: AnyActorRef, actor: AnyActorRef): boolean => {
  let parent: AnyActorRef | undefined = actor;
  while (parent !== undefined && parent !== root) parent = parent._parent;
  return parent === root;
};

/**
 * Has the actors of a restored tree send again what was pending in the one it was restored from, each at the time it was
 * due, or as soon as possible; give it in the order of `pendingDelays`. Call it before the tree is started: what comes of
 * its start may cancel one. What is from or for an actor that was not restored is let fall: its logic is not there any
 * more.
 */
export const startPendingDelays = (root: AnyActorRef, delays: readonly PendingDelay[]): void => {
  if (delays.length === 0) return;
  const events = delayedEventsOf(root.system);
  const actors = new Map(actorTree(root).map(({ path, actor }) => [JSON.stringify(path), actor]));
  for (const { from, to, event, id, due } of delays) {
    const source = actors.get(JSON.stringify(from));
    const target = actors.get(JSON.stringify(to));
    if (source === undefined || target === undefined) continue;
    events.scheduleAt(source, target, event, due, id ?? undefined);
  }
};
