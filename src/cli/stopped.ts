/** It was told to stop before it had begun. */
export class Stopped extends Error {
  constructor() {
    super('stopped before it listened');
    this.name = 'Stopped';
  }
}

/**
 * What is waited for, unless the signal comes first: then `Stopped` at once.
 *
 * @param late is given what comes after that all the same.
 */
export const unlessStopped = <T>(
  signal: AbortSignal,
  waited: Promise<T>,
  late: (value: T) => void = () => undefined,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(new Stopped());
      waited.then(late, () => undefined);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
