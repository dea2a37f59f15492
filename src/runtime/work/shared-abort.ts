/** Who wants to hear of a signal, by the signal. One that nobody waits for has no entry. */
const heard = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal is aborted, until what is returned is called. However many wait for one signal, it has one
 * listener: a caller's own signal may outlive ten thousand operations and serve a thousand at once, and Node warns of a
 * leak from the eleventh listener on.
 */
export const onAbort = (signal: AbortSignal, callback: () => void): (() => void) => {
  const callbacks = heard.get(signal) ?? listen(signal);
  const own = (): void => callback();
  callbacks.add(own);
  return () => {
    callbacks.delete(own);
    if (callbacks.size === 0) stopListening(signal);
  };
};

const listeners = new WeakMap<AbortSignal, () => void>();

const listen = (signal: AbortSignal): Set<() => void> => {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    stopListening(signal);
    for (const callback of [...callbacks]) callback();
  };
  heard.set(signal, callbacks);
  listeners.set(signal, listener);
  signal.addEventListener('abort', listener, { once: true });
  return callbacks;
};

const stopListening = (signal: AbortSignal): void => {
  const listener = listeners.get(signal);
  if (listener !== undefined) signal.removeEventListener('abort', listener);
  heard.delete(signal);
  listeners.delete(signal);
};
