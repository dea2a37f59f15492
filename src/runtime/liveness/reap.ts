import { LIMITS } from '../../limits.ts';
import type { Reaped } from '../health/health.ts';
import type { SessionHost } from '../host.ts';
import { ended } from '../lifecycle/lifecycle.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { look } from './liveness.ts';

/**
 * Looks at the deadlines of every session in memory, `LIMITS.wheelTurn` at a time, with I/O let in between. Resolves
 * with what that ended, once it is recorded; an end whose record failed goes on, but is left out. See `Runtime.reap`.
 *
 * The wheel's own rule holds: after the process was held up, what clients sent meanwhile is heard first.
 */
export const reap = async (context: RuntimeContext): Promise<readonly Reaped[]> => {
  await calm(context);
  const ends: Promise<Reaped | null>[] = [];
  const hosts = [...context.hosts.values()];
  for (let from = 0; from < hosts.length; from += LIMITS.wheelTurn) {
    if (from > 0) await calm(context);
    const now = context.clock.mono();
    for (const host of hosts.slice(from, from + LIMITS.wheelTurn)) {
      const end = lookAt(context, host, now);
      if (end !== null) ends.push(end);
    }
  }
  const reaped = await Promise.all(ends);
  return reaped.filter((one) => one !== null);
};

/** Looks at one session; `null` where it goes on, or was ending already. */
const lookAt = (
  context: RuntimeContext,
  host: SessionHost,
  now: number,
): Promise<Reaped | null> | null => {
  const inMemory = context.hosts.get(host.id) === host;
  if (!inMemory || host.reason !== null) return null;
  try {
    // Its entry stays where it is filed: for no later than what comes next.
    look(context, host, now);
  } catch (error) {
    reportError(context, host, 'reap', error);
  }
  const { reason } = host;
  if (reason === null) return null;
  const { id } = host;
  return ended(context, host).then(
    () => ({ id, reason }),
    () => null,
  );
};

/** Lets I/O in. After a hold-up it waits for the wheel's next tick: it is there that a gap is found. */
const calm = async (context: RuntimeContext): Promise<void> => {
  const { clock } = context;
  const { tickMs } = context.deadlines;
  let waitMs = 0;
  for (;;) {
    const before = clock.mono();
    await turn(context, waitMs);
    const heldUp = clock.mono() - before > waitMs + tickMs;
    if (!heldUp && (waitMs > 0 || context.lagMs <= tickMs)) return;
    waitMs = tickMs;
  }
};

const turn = (context: RuntimeContext, afterMs: number): Promise<void> =>
  new Promise((resolve) => {
    context.clock.scheduler.schedule(() => resolve(), afterMs);
  });
