import type { AnyActorRef } from 'xstate';

/** Ids of the actors from one down to another below it; empty: that one itself. */
export type ActorPath = readonly string[];

/** An actor of a tree, and the way to it from the top. */
export interface Placed {
  readonly path: ActorPath;
  readonly actor: AnyActorRef;
}

/** The actors under an actor, by the ids its snapshot knows them by: those a restored one has again. */
export const childrenOf = (
  actor: Pick<AnyActorRef, 'getSnapshot'>,
): (readonly [string, AnyActorRef])[] => {
  const { children } = actor.getSnapshot();
  if (typeof children !== 'object' || children === null) return [];
  return Object.entries(children).filter((entry): entry is [string, AnyActorRef] =>
    isActor(entry[1]),
  );
};

// A logic that is no machine may call anything its children.
const isActor = (value: unknown): value is AnyActorRef =>
  typeof value === 'object' && value !== null && '_stop' in value && 'getSnapshot' in value;

/** An actor and all under it, from the top down; each once. */
export const actorTree = (root: AnyActorRef): Placed[] => {
  const tree: Placed[] = [{ path: [], actor: root }];
  const seen = new Set([root]);
  for (const { path, actor } of tree) {
    for (const [id, child] of childrenOf(actor)) {
      if (seen.has(child)) continue;
      seen.add(child);
      tree.push({ path: [...path, id], actor: child });
    }
  }
  return tree;
};
