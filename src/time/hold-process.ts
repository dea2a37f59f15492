/** A delay that never comes to pass: the longest a native timer takes, ms. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Keeps the process from exiting until what it returns is called (twice is once). Our own timers never hold it, so
 * something that must be finished, such as a drain, holds it itself.
 */
export const holdProcess = (): (() => void) => {
  const timer = setInterval(() => {}, NEVER_MS);
  return () => clearInterval(timer);
};
