import type { AnyActorRef } from 'xstate';
import { type ActorPath, actorTree } from './actor-tree.ts';

/** What an actor that was to be restored failed of. */
export interface RestoreFailure {
  readonly error: unknown;
}

/**
 * Why an actor, or one under it, could not be restored from this persisted snapshot; `null`: all were. To be asked before it
 * is started. XState itself says nothing: the actor starts as one that has failed, and one under it never starts.
 */
export const restoreFailure = (root: AnyActorRef, persisted: unknown): RestoreFailure | null => {
  for (const { path, actor } of actorTree(root)) {
    const { status, error } = actor.getSnapshot();
    // What had failed before it was stored is restored as that.
    if (status === 'error' && statusAt(persisted, path) !== 'error') return { error };
  }
  return null;
};

/** The status that an actor at that place of the tree had when the snapshot was made. */
const statusAt = (persisted: unknown, path: ActorPath): unknown => {
  let snapshot = persisted;
  for (const id of path) {
    const child: unknown = Reflect.get(Object(Reflect.get(Object(snapshot), 'children')), id);
    snapshot = Reflect.get(Object(child), 'snapshot');
  }
  return Reflect.get(Object(snapshot), 'status');
};
