import { jittered } from '../../identity/randomness.ts';
import { settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { beginWork, endWork } from '../liveness/filing.ts';
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
  beginWork(context, host);
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    timer.unsubscribe();
    endWork(context, host);
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
