import type { Clock } from '../time/clock.ts';

/** Resolves after `ms` on this clock. Rejects with the signal's reason when that is aborted first. */
export const wait = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      alarm.unsubscribe();
      reject(signal?.reason);
    };
    const alarm = clock.scheduler.schedule(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
