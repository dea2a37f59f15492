import type { Session } from 'holdfast';
import { fromPromise } from 'xstate';

/** What a turn knows: its session, and what the model answered last. A restart begins with it. */
export interface Turn {
  readonly session: Session;
  readonly text: string;
  readonly tool: string;
  readonly input: unknown;
}

/**
 * One step of a turn. While the session is paused, it waits. `signal` is aborted when the turn leaves the step, and when
 * the session ends; what the step throws is a crash of the agent, which is then started again with this step.
 */
export const step = <T>(take: (turn: Turn, signal: AbortSignal) => Promise<T>) =>
  fromPromise<T, Turn>(async ({ input: turn, signal }) => {
    await turn.session.waitFor(['active', 'idle'], { signal });
    return take(turn, signal);
  });
