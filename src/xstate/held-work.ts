import { type AnyActorLogic, type AnyActorRef, isMachineSnapshot } from 'xstate';
import { actorTree } from './actor-tree.ts';

/** What an actor runs; XState's published types leave it out. */
interface Running {
  logic?: AnyActorLogic;
}

/**
 * The first actor of a tree that is at something its snapshot does not hold, in words; `null`: there is none. A promise,
 * a callback or an observable is: restored, it would begin anew. So is any logic that has something to start. Machines
 * and transition functions are where their snapshots say.
 */
export const heldWork = (root: AnyActorRef): string | null => {
  for (const { path, actor } of actorTree(root)) {
    const snapshot = actor.getSnapshot();
    if (snapshot.status !== 'active' || isMachineSnapshot(snapshot)) continue;
    if ((actor as AnyActorRef & Running).logic?.start === undefined) continue;
    return path.length === 0 ? 'it runs' : `its actor ${JSON.stringify(path.join('/'))} runs`;
  }
  return null;
};
