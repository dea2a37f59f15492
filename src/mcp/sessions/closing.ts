import { TimeoutError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Clock } from '../../time/clock.ts';

/**
 * Resolves when the servers of an endpoint are closed. One that does not close keeps nobody who closes the endpoint: after
 * `LIMITS.cleanupTimeoutMs` this resolves all the same, and `onError` hears of it. Until then the process does not exit:
 * whoever awaits the close at its top level would never see its end.
 */
export const closedInTime = async (
  closing: Promise<void>,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<void> => {
  const letGo = clock.hold?.();
  let giveUp: () => void = () => undefined;
  const outOfPatience = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const alarm = clock.scheduler.schedule(() => {
    onError(new TimeoutError('Closing the servers of an MCP endpoint', LIMITS.cleanupTimeoutMs));
    giveUp();
  }, LIMITS.cleanupTimeoutMs);
  try {
    await Promise.race([closing, outOfPatience]);
  } finally {
    alarm.unsubscribe();
    letGo?.();
  }
};
