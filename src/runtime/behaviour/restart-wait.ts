import type { SessionHost } from '../host.ts';
import { fileNext } from '../liveness/filing.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * Waits before a restart, and for `known` if that takes longer; then calls `restart`. It is work: no silence deadline
 * counts meanwhile, and the session is not dropped from memory.
 */
export const beginRestartWait = (
  context: RuntimeContext,
  host: SessionHost,
  waitMs: number,
  known: Promise<unknown> | null,
  restart: () => void,
): { cancel(): void } => {
  host.inFlight += 1;
  context.inFlight += 1;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    timer.unsubscribe();
    host.inFlight -= 1;
    context.inFlight -= 1;
    host.quietSince = context.clock.mono();
    // The silence deadlines it held off count from here.
    if (host.inFlight === 0 && host.reason === null && !host.released) fileNext(context, host);
    if (context.inFlight === 0) context.onQuiet?.();
  };
  const go = (): void => {
    if (over) return;
    // First the one, then the other: where it fails at once, the next wait has begun by then.
    restart();
    finish();
  };
  const timer = context.clock.scheduler.schedule(() => {
    if (known === null) go();
    else void known.then(go);
  }, waitMs);
  return { cancel: finish };
};
