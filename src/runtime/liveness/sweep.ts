import { interval } from 'rxjs';
import { Fenced } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { planted } from '../../planted.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { nextTurn } from '../next-turn.ts';
import { announce } from '../plane/announce.ts';
import { storedHost } from '../residency/stored-host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { awayDue } from './filing.ts';

/** The running look through the store. */
export interface Sweep {
  /** Looks through it now: the wall clock was put forward, or the process has just started. */
  now(): void;
  unsubscribe(): void;
}

/**
 * Looks through the store for records that are due, every `sweepIntervalMs`, page by page, with I/O let in between: the
 * tombstones whose time is over are removed; stored sessions that are due, or will be before the next sweep, are filed in
 * the wheel. One sweep at a time; what cannot be removed is told, passed over, and tried again at the next.
 */
export const startSweep = (context: RuntimeContext): Sweep => {
  const { sweepIntervalMs } = context.settings;
  let sweeping = false;
  let again = false;
  const run = (): void => {
    // One that comes too soon is made up for.
    if (sweeping) again = true;
    if (sweeping || context.draining) return;
    sweeping = true;
    again = false;
    // A tick longer, so that nothing falls between two sweeps.
    context.sweptUntil = context.clock.mono() + sweepIntervalMs + context.deadlines.tickMs;
    sweep(context)
      .catch((error: unknown) =>
        announce(context, { type: 'runtime.error', where: 'sweep', error }),
      )
      .finally(() => {
        sweeping = false;
        if (again) run();
      });
  };
  const ticks = interval(sweepIntervalMs, context.clock.scheduler).subscribe(run);
  return { now: run, unsubscribe: () => ticks.unsubscribe() };
};

const sweep = async (context: RuntimeContext): Promise<void> => {
  const { clock, settings, store } = context;
  // Without a durable store only tombstones are looked for, and those may wait for their time.
  const aheadMs = store.durable ? settings.sweepIntervalMs : 0;
  const until = clock.wall() + aheadMs;
  let last: SessionRecord | null = null;
  for (;;) {
    const after = last?.due === null || last === null ? null : { at: last.due.at, id: last.id };
    const page: readonly SessionRecord[] = await store.dueBefore(until, LIMITS.sweepTurn, after);
    for (const record of page) await removeTombstone(context, record);
    fileDue(context, page);
    last = page.at(-1) ?? null;
    if (page.length < LIMITS.sweepTurn || context.draining) return;
    await nextTurn(context);
    if (context.draining) return;
  }
};

const removeTombstone = async (context: RuntimeContext, record: SessionRecord): Promise<void> => {
  const { due } = record;
  if (due?.deadline !== 'tombstone') return;
  if (due.at > context.clock.wall() && !planted('tombstone-lost')) return;
  if (context.hosts.has(record.id)) return;
  try {
    await context.store.remove(record);
    context.tombstones.delete(record.id);
  } catch (error) {
    if (error instanceof Fenced) context.tombstones.delete(record.id);
    else announce(context, { type: 'runtime.error', where: 'sweep', error });
  }
};

/**
 * Files the stored sessions of a page in the wheel, which sees to so many at once: none waits here for the end of
 * another.
 */
const fileDue = (context: RuntimeContext, page: readonly SessionRecord[]): void => {
  for (const record of page) {
    const { id, due } = record;
    if (due?.deadline === 'tombstone' || context.hosts.has(id)) continue;
    // The page may be older than an end of this process; a create whose answer was lost is being taken back.
    if (context.tombstones.has(id) || context.takingBack.has(id)) continue;
    const host = storedHost(context, record);
    if (context.endingAway.has(host)) continue;
    const at = awayDue(context, host, context.clock.mono());
    if (at <= context.sweptUntil) context.wheel.file(host, at);
  }
};
