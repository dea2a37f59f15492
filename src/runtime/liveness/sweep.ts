import { interval, type Subscription } from 'rxjs';
import { Fenced } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { nextTurn } from '../next-turn.ts';
import { announce } from '../plane/announce.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * Looks through the store for records that are due, every `sweepIntervalMs`: the tombstones whose time is
 * over are removed, page by page, and I/O is let in between. One sweep at a time; what cannot be removed is told, passed over, and tried again at the next.
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
  const failed = new Set<string>();
  // The oldest come first, so what could not be removed comes again: the page grows by it, up to a bound.
  while (failed.size <= MOST_FAILED) {
    const limit = LIMITS.sweepTurn + failed.size;
    const due = await context.store.dueBefore(context.clock.wall(), limit);
    let removed = 0;
    for (const record of due) {
      if (record.due?.deadline !== 'tombstone' || context.hosts.has(record.id)) continue;
      if (failed.has(record.id)) continue;
      try {
        await context.store.remove(record);
        context.tombstones.delete(record.id);
        removed += 1;
      } catch (error) {
        if (error instanceof Fenced) {
          context.tombstones.delete(record.id);
          continue;
        }
        failed.add(record.id);
        announce(context, { type: 'runtime.error', where: 'sweep', error });
      }
    }
    // A page that was not full is the last; one in which nothing changed would come again.
    if (due.length < limit || (removed === 0 && failed.size === limit - LIMITS.sweepTurn)) return;
    await nextTurn(context);
    if (context.draining) return;
  }
};

/** So many that cannot be removed, and a sweep gives up until the next. */
const MOST_FAILED = 4 * LIMITS.sweepTurn;
