import { jittered } from '../../identity/randomness.ts';
import { settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { fileNext } from '../liveness/filing.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Restart } from './restart-plan.ts';

/** A restart that waits. */
export interface RestartWait {
  /** How long, ms. */
  readonly waitMs: number;
  /** It does not come any more; twice is once. */
  cancel(): void;
}

/**
 * Waits before a restart, and for a commit under way that decides where it starts from; then calls `restart`. It is work:
 * no silence deadline counts meanwhile, and the session is not dropped from memory.
 */
export const beginRestartWait = (
  context: RuntimeContext,
  host: SessionHost,
  next: Restart,
  restart: () => void,
): RestartWait => {
  const waitMs = jittered(next.waitMs, context.randomness);
  // It may carry what the last incarnation came to.
  const undecided = host.committing && next.from === 'snapshot';
  const known = undecided ? settled(context, host).catch(() => undefined) : null;
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
  return { waitMs, cancel: finish };
};
