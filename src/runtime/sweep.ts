import { interval, type Subscription } from 'rxjs';
import { Fenced } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { announce } from './announce.ts';
import type { RuntimeContext } from './runtime-context.ts';

/**
 * Looks through the store for records that are due, every `sweepIntervalMs`: the tombstones whose time is
 * over are removed. One sweep at a time; one that fails is told and goes on at the next.
 */
export const startSweep = (context: RuntimeContext): Subscription => {
  let sweeping = false;
  return interval(context.settings.sweepIntervalMs, context.clock.scheduler).subscribe(() => {
    if (sweeping || context.draining) return;
    sweeping = true;
    sweep(context)
      .catch((error: unknown) =>
        announce(context, { type: 'runtime.error', where: 'sweep', error }),
      )
      .finally(() => {
        sweeping = false;
      });
  });
};

const sweep = async (context: RuntimeContext): Promise<void> => {
  for (;;) {
    const due = await context.store.dueBefore(context.clock.wall(), LIMITS.sweepTurn);
    let removed = 0;
    for (const record of due) {
      if (record.due?.deadline !== 'tombstone' || context.hosts.has(record.id)) continue;
      try {
        await context.store.remove(record);
        removed += 1;
      } catch (error) {
        if (!(error instanceof Fenced)) throw error;
      }
    }
    // A page that was not full is the last; one in which nothing could be removed would come again.
    if (due.length < LIMITS.sweepTurn || removed === 0) return;
  }
};
