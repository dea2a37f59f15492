import type { AnyActorLogic, SnapshotFrom } from 'xstate';
import { LoneBehaviour } from '../../xstate/lone-behaviour.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Persistence } from './persistence.ts';

/**
 * What there is to see of a behaviour that has no actor in this process: where it would go on from.
 * Little, where it has not begun, or what it came to could not be kept; the error that it failed of never is.
 */
export const snapshotAtRest = (
  { clock }: RuntimeContext,
  logic: AnyActorLogic,
  { status, start }: Pick<Persistence, 'status' | 'start'>,
): SnapshotFrom<AnyActorLogic> => {
  if (status === 'failed') {
    const error = new Error('The behaviour failed before its session was stored.');
    return { status: 'error', output: undefined, error };
  }
  if (start === null) return { status: SEEN[status], output: undefined, error: undefined };
  // An actor that never starts: its snapshot has all that its logic adds to what was kept.
  return new LoneBehaviour(logic, clock, start).getSnapshot();
};

const SEEN = { running: 'active', done: 'done' } as const;
