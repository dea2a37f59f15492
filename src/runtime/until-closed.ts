import { DrainingError, StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** What is told to those who still wait when the runtime is closed. */
export const closedFirst = (): StoreError =>
  new StoreError('the runtime was closed before it answered', undefined, false);

/**
 * Asks for a session and waits for the answer, but not beyond the close of the runtime: a store that never answers keeps
 * nobody waiting. Rejects with `StoreError` then, and with `DrainingError` where the runtime is closed already.
 */
export const untilClosed = <T>(context: RuntimeContext, ask: () => Promise<T>): Promise<T> => {
  if (context.closed) {
    context.counters.refused += 1;
    return Promise.reject(new DrainingError(LIMITS.retryAfterMs));
  }
  const { whenClosed } = context;
  return new Promise((resolve, reject) => {
    whenClosed.add(reject);
    ask().then(
      (answer) => {
        whenClosed.delete(reject);
        resolve(answer);
      },
      (error: unknown) => {
        whenClosed.delete(reject);
        reject(error);
      },
    );
  });
};
