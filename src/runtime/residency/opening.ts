import { interval } from 'rxjs';
import { StoreError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { retryDelayMs } from '../commits/retry-delay.ts';
import { noteFailed, storeFailed, storeNoted, storeWorks } from '../commits/store-trouble.ts';
import { announce } from '../plane/announce.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { closedFirst } from '../until-closed.ts';
import { letAllGo } from './store-gone.ts';

/** Somebody who waits for a runtime to be open. */
interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** What stands between a start over a durable store and the first call: `null` once it is open. */
export interface Opening {
  readonly waiting: Waiting[];
  failures: number;
  retry: { unsubscribe(): void } | null;
}

/**
 * Opens a runtime over a durable store: learns when a process was last alive, and how much is stored, before anything is
 * let in. `begin` is called then. While the store fails, whoever waits is told, and it is tried again.
 */
export const open = (context: RuntimeContext, begin: () => void): void => {
  const opening: Opening = { waiting: [], failures: 0, retry: null };
  context.opening = opening;
  void attempt(context, opening, begin);
};

const attempt = async (
  context: RuntimeContext,
  opening: Opening,
  begin: () => void,
): Promise<void> => {
  const { store, clock } = context;
  try {
    const last = await store.alive(clock.wall());
    const stored = await store.count({});
    if (context.closed) return;
    context.opening = null;
    context.census?.know(stored);
    tellDowntime(context, last);
    begin();
    for (const one of opening.waiting.splice(0)) one.resolve();
  } catch (error) {
    if (context.closed) return;
    failed(context, opening, error, begin);
  }
};

const failed = (
  context: RuntimeContext,
  opening: Opening,
  error: unknown,
  begin: () => void,
): void => {
  const failure = new StoreError('it could not be opened', error);
  for (const one of opening.waiting.splice(0)) one.reject(failure);
  const waitMs = retryDelayMs(context, opening.failures);
  opening.failures += 1;
  opening.retry = context.clock.scheduler.schedule(
    () => void attempt(context, opening, begin),
    waitMs,
  );
  storeFailed(context, error);
};

/**
 * Nobody was here since `last`. A wall clock that says less than that was put back meanwhile: it is taken to stand where
 * it stood, so that no promise of time is given twice.
 */
const tellDowntime = (context: RuntimeContext, last: number | null): void => {
  storeWorks(context);
  if (last === null) return;
  const awayMs = context.clock.wall() - last;
  if (awayMs < 0) context.clock.lift(-awayMs);
  const gapMs = Math.abs(awayMs);
  if (gapMs <= context.deadlines.gapMs) return;
  announce(context, {
    type: 'runtime.time-gap',
    kind: awayMs < 0 ? 'wall-behind' : 'downtime',
    gapMs,
  });
};

/** Settles when the runtime is open; rejects when it could not be opened by now, or is closed first. */
export const untilOpen = (context: RuntimeContext): Promise<void> => {
  const { opening } = context;
  if (opening === null) return Promise.resolve();
  if (context.closed) return Promise.reject(closedFirst());
  return new Promise((resolve, reject) => {
    opening.waiting.push({ resolve, reject });
  });
};

/** Nobody waits for it any more: the runtime is closed. */
export const stopOpening = (context: RuntimeContext): void => {
  context.opening?.retry?.unsubscribe();
  for (const one of context.opening?.waiting.splice(0) ?? []) one.reject(closedFirst());
};

/**
 * Notes in the store, every `LIMITS.aliveMs`, that this process lives. One note at a time; what fails is the next one's.
 * Where the store says that none will be taken any more, its sessions are let go.
 */
export const stayAlive = (context: RuntimeContext): { unsubscribe(): void } => {
  const { store, clock } = context;
  let noting = false;
  const ticks = interval(LIMITS.aliveMs, clock.scheduler).subscribe(() => {
    if (noting) return;
    noting = true;
    store.alive(clock.wall()).then(
      () => {
        noting = false;
        storeNoted(context);
      },
      (error: unknown) => {
        noting = false;
        // A store that is closed takes none either.
        if (context.closed) return;
        if (!(error instanceof StoreError) || error.retryable) return noteFailed(context, error);
        ticks.unsubscribe();
        void letAllGo(context, error);
      },
    );
  });
  return ticks;
};
