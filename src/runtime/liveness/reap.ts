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
  // A late tick is due before this turn, so the gap behind it is known by then.
  await turn(context, 0);
  const { tickMs } = context.deadlines;
  if (context.lagMs > tickMs) await turn(context, tickMs);
  const ends: Promise<Reaped | null>[] = [];
  const hosts = [...context.hosts.values()];
  for (let from = 0; from < hosts.length; from += LIMITS.wheelTurn) {
    if (from > 0) await turn(context, 0);
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

const turn = (context: RuntimeContext, afterMs: number): Promise<void> =>
  new Promise((resolve) => {
    context.clock.scheduler.schedule(() => resolve(), afterMs);
  });
