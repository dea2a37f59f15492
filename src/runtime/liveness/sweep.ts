import { interval } from 'rxjs';
import { Fenced } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { planted } from '../../planted.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { retryDelayMs } from '../commits/retry-delay.ts';
import { nextTurn } from '../next-turn.ts';
import { announce } from '../plane/announce.ts';
import { storedHost } from '../residency/stored-host.ts';
import { tellUnreadable } from '../residency/unreadable.ts';
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
 * the wheel. One sweep at a time; one that fails is tried again, sooner than the next. What cannot be removed is
 * told, passed over, and tried again at the next.
 */
export const startSweep = (context: RuntimeContext): Sweep => {
  const { sweepIntervalMs } = context.settings;
  let sweeping = false;
  let again = false;
  let failures = 0;
  let retry: { unsubscribe(): void } | null = null;
  const run = (): void => {
    // One that comes too soon is made up for.
    if (sweeping) again = true;
    if (sweeping || context.draining) return;
    sweeping = true;
    again = false;
    // A tick longer, so that nothing falls between two sweeps.
    context.sweptUntil = context.clock.mono() + sweepIntervalMs + context.deadlines.tickMs;
    retry?.unsubscribe();
    sweep(context).then(
      () => over(),
      (error: unknown) => {
        // Once until one succeeds: the tries come often.
        if (failures === 0 && !context.closed)
          announce(context, { type: 'runtime.error', where: 'sweep', error });
        over(error);
      },
    );
  };
  const over = (error: unknown = null): void => {
    sweeping = false;
    failures = error === null ? 0 : failures + 1;
    if (again) run();
    if (sweeping || error === null || context.closed) return;
    // What is due before the next one would be found too late.
    const waitMs = retryDelayMs(context, failures, sweepIntervalMs);
    retry = context.clock.scheduler.schedule(run, waitMs);
  };
  const ticks = interval(sweepIntervalMs, context.clock.scheduler).subscribe(run);
  const unsubscribe = (): void => {
    ticks.unsubscribe();
    retry?.unsubscribe();
  };
  return { now: run, unsubscribe };
};

const sweep = async (context: RuntimeContext): Promise<void> => {
  const used = context.staleReads.begin();
  try {
    await sweepPages(context);
  } finally {
    used();
  }
};

const sweepPages = async (context: RuntimeContext): Promise<void> => {
  const { clock, settings, store } = context;
  // Without a durable store only tombstones are looked for, and those may wait for their time.
  const aheadMs = store.durable ? settings.sweepIntervalMs : 0;
  const until = clock.wall() + aheadMs;
  let last: SessionRecord | null = null;
  for (;;) {
    const after = last?.due === null || last === null ? null : { at: last.due.at, id: last.id };
    const page: readonly SessionRecord[] = await store.dueBefore(until, LIMITS.sweepTurn, after);
    // First of all: no deadline of a living session waits for what is only put in order.
    fileDue(context, page);
    // At once, so that a store makes groups of them; a page is all there is of them at a time.
    await Promise.all(page.filter(isTombstone).map((record) => removeTombstone(context, record)));
    last = page.at(-1) ?? null;
    if (page.length < LIMITS.sweepTurn || context.draining) return;
    await nextTurn(context);
    if (context.draining) return;
  }
};

/** A deadline by itself says nothing: of a session that has not ended it removes nothing. */
const isTombstone = ({ due, state }: SessionRecord): boolean =>
  due?.deadline === 'tombstone' && state === 'terminated';

const removeTombstone = async (context: RuntimeContext, record: SessionRecord): Promise<void> => {
  const { due } = record;
  if (due === null || (due.at > context.clock.wall() && !planted('tombstone-lost'))) return;
  // What a newer process wrote is its own to remove.
  if (readRecord(record).unreadable !== null) return;
  // Its end is recorded, but this process has not heard so yet: it will look for the record.
  const { hosts, away, endingAway } = context;
  const known = away.get(record.id);
  if (hosts.has(record.id) || (known !== undefined && endingAway.has(known))) return;
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
 * another. What goes wrong with one is told once, and stands in nobody else's way.
 */
const fileDue = (context: RuntimeContext, page: readonly SessionRecord[]): void => {
  for (const record of page) {
    if (context.draining) return;
    try {
      if (!isTombstone(record)) fileStored(context, record);
    } catch (error) {
      if (context.toldUnreadable.has(record.id)) continue;
      context.toldUnreadable.add(record.id);
      const where = `a stored deadline of ${record.id}`;
      announce(context, { type: 'runtime.error', where, error });
    }
  }
};

const fileStored = (context: RuntimeContext, record: SessionRecord): void => {
  const { id } = record;
  if (context.hosts.has(id) || context.newIds.has(id)) return;
  // The page may be older than what has become of it; a create whose answer was lost is being taken back.
  if (context.staleReads.has(id) || context.takingBack.has(id)) return;
  const host = storedHost(context, record);
  if (context.endingAway.has(host)) return;
  const at = awayDue(context, host, context.clock.mono());
  if (at <= context.sweptUntil) context.wheel.file(host, at);
  else tellUnreadable(context, host);
};
