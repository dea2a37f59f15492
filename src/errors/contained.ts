/**
 * Calls somebody else's code so that it can do no harm: what it throws, at once or by a promise, goes to `onError`.
 * A listener may well be an async function; its rejection would otherwise end the process.
 */
export const contained = (call: () => unknown, onError: (error: unknown) => void): void => {
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch(onError);
  } catch (error) {
    onError(error);
  }
};

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';
