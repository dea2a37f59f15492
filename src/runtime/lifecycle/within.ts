import type { Clock } from '../../time/clock.ts';

/**
 * Calls something and waits for it, but not longer than that. When the time is over it rejects with what `late`
 * makes, which is also told to whoever passed `onLate`; what is called goes on, and what becomes of it is dropped. Where
 * `stopped` rejects first, so does this, and nothing is left on the clock.
 */
export const within = async <T>(
  clock: Clock,
  timeoutMs: number,
  call: () => T | Promise<T>,
  late: () => Error,
  onLate?: (error: Error) => void,
  stopped?: Promise<never>,
): Promise<T> => {
  let timeout: { unsubscribe(): void } | null = null;
  const over = new Promise<never>((_, reject) => {
    if (!Number.isFinite(timeoutMs)) return;
    timeout = clock.scheduler.schedule(() => {
      const error = late();
      reject(error);
      onLate?.(error);
    }, timeoutMs);
  });
  try {
    const called = Promise.resolve().then(call);
    return await Promise.race(stopped === undefined ? [called, over] : [called, over, stopped]);
  } finally {
    (timeout as { unsubscribe(): void } | null)?.unsubscribe();
  }
};
