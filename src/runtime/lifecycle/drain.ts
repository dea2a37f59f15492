import { InvalidOptionError, OperationAbortedError, TimeoutError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { refuseUnknown } from '../known-options.ts';
import { quieten } from '../liveness/quieten.ts';
import { nextTurn } from '../next-turn.ts';
import { announce } from '../plane/announce.ts';
import { hibernate } from '../residency/hibernate.ts';
import { stopOpening } from '../residency/opening.ts';
import { recordHeard } from '../residency/record-heard.ts';
import type { DrainReport } from '../runtime.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { closedFirst } from '../until-closed.ts';
import { needsCleanup } from './cleanup.ts';
import { terminate } from './lifecycle.ts';

/** How a drain is done. */
export interface DrainPlan {
  /** What running operations get, ms. */
  readonly operationsMs: number;
}

/** Checks the options of `drain`. Throws `InvalidOptionError`. */
export const checkedPlan = (options: { readonly operationsMs?: number }): DrainPlan => {
  refuseUnknown('drain', options);
  const { operationsMs = LIMITS.drainOperationsMs } = options;
  if (typeof operationsMs === 'number' && operationsMs >= 0 && Number.isFinite(operationsMs)) {
    return { operationsMs };
  }
  throw new InvalidOptionError('operationsMs', operationsMs, 'a finite number of ms, at least 0');
};

/**
 * Nothing new; running work finishes or is aborted; every session ends with `shutdown`; the store is closed.
 * A store that does not answer cannot hold it for ever: what was not recorded in time is named.
 */
export const drain = async (context: RuntimeContext, plan: DrainPlan): Promise<DrainReport> => {
  // What it waits for is on our own timers, which never hold the process.
  const letGo = context.clock.hold?.();
  try {
    return await drainHeld(context, plan);
  } finally {
    letGo?.();
  }
};

const drainHeld = async (context: RuntimeContext, plan: DrainPlan): Promise<DrainReport> => {
  const { clock } = context;
  const start = clock.mono();
  const before = context.counters.hibernated;
  context.draining = true;
  endRestarts(context);
  context.registry.send({ type: 'registry.drain' });
  announce(context, { type: 'runtime.draining' });

  await quiet(context, () => context.inFlight === 0 || context.hurried, plan.operationsMs);
  let aborted = 0;
  for (const { work } of context.hosts.values()) aborted += work?.size ?? 0;
  await (context.store.durable ? putAllAway(context) : endAll(context));
  await allGone(context, start + plan.operationsMs + STORE_MS);

  const left = [...context.hosts.keys(), ...[...context.endingAway].map(({ id }) => id)];
  const ended = context.counters.ended.shutdown ?? 0;
  const hibernated = context.counters.hibernated - before;
  await shutDown(context);
  return { ended, hibernated, aborted, left, tookMs: Math.round(clock.mono() - start) };
};

/** Lets a drain, running or to come, wait for operations no longer. */
export const hurry = (context: RuntimeContext): void => {
  context.hurried = true;
  context.onQuiet?.();
};

/** A restart that is waited for is no work worth the time of operations: its session ends anyway, or goes on later. */
const endRestarts = (context: RuntimeContext): void => {
  for (const { behaviour } of context.hosts.values()) {
    if (behaviour?.view.status !== 'restarting') continue;
    if (context.store.durable) behaviour.putAway();
    else behaviour.stop();
  }
};

/** Waits until every end is recorded, but not longer than until then; less where the drain is hurried meanwhile. */
const allGone = async (context: RuntimeContext, until: number): Promise<void> => {
  const { clock, hosts, endingAway, lanes, hearing } = context;
  const end = Math.max(until, clock.mono() + cleanupMs(context));
  const isGone = (): boolean => hosts.size + endingAway.size + lanes.size === 0 && hearing.isOver;
  await quiet(context, () => isGone() || context.hurried, end - clock.mono());
  if (!context.hurried) return;
  await quiet(
    context,
    isGone,
    Math.min(end - clock.mono(), Math.max(STORE_MS, cleanupMs(context))),
  );
};

/** What recording the ends gets after the operations had their time. */
const STORE_MS = LIMITS.drainStoreMs - LIMITS.drainOperationsMs;

/** What the two commits of such an end get besides. */
const COMMITS_MS = 1_000;

/** What one session's `cleanup` and `onTerminated` may take, and its two commits. */
const cleanupMs = (context: RuntimeContext): number => {
  if (!needsCleanup(context)) return 0;
  const { cleanupTimeoutMs, hookTimeoutMs } = context.settings;
  // Without a limit of its own, a callback that hangs cannot hold the drain for ever.
  return (
    finiteOr(cleanupTimeoutMs, LIMITS.cleanupTimeoutMs) +
    finiteOr(hookTimeoutMs, LIMITS.hookTimeoutMs) +
    COMMITS_MS
  );
};

const finiteOr = (ms: number, otherwise: number): number => (Number.isFinite(ms) ? ms : otherwise);

const endAll = async (context: RuntimeContext): Promise<void> => {
  let begun = 0;
  for (const host of [...context.hosts.values()]) {
    // A try that fails is retried by its commit; what counts here is whether the session goes in time.
    terminate(context, host, 'shutdown').catch(() => undefined);
    begun += 1;
    if (begun % LIMITS.sweepTurn === 0) await nextTurn(context);
  }
};

/** Puts every session away, to go on in a later process. One that is just being made ends: nobody was given it. */
const putAllAway = async (context: RuntimeContext): Promise<void> => {
  recordHeard(context);
  let begun = 0;
  for (const host of [...context.hosts.values()]) {
    if (host.made) void putAwayForGood(context, host);
    else terminate(context, host, 'shutdown').catch(() => undefined);
    begun += 1;
    if (begun % LIMITS.sweepTurn === 0) await nextTurn(context);
  }
};

/** So often it is put away with its behaviour running until the last moment, so that nothing it emits goes untold. */
const FAIR_TRIES = 3;

/** Tries until it is away, has ended, or the drain's time is over: a failing store may come back. */
const putAwayForGood = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  // What still runs is cut short; a later process finds durable work interrupted.
  for (const operation of host.work?.list() ?? []) {
    operation.interrupt(new OperationAbortedError(operation.id, 'drain'));
  }
  const isDone = (): boolean =>
    context.closed || context.hosts.get(host.id) !== host || host.reason !== null;
  for (let tries = 1; !isDone(); tries += 1) {
    if (host.state === 'active') quieten(context, host);
    // What failed is tried now, whenever its next try would be.
    if (host.dirty) await settled(context, host).catch(() => undefined);
    // One whose behaviour moves on all the time is stopped first.
    await hibernate(context, host, tries <= FAIR_TRIES ? 'forced' : 'stopped');
    // Its rest may have been in time: then nothing is left to wait for.
    if (isDone()) return;
    await new Promise<void>((resolve) => {
      context.clock.scheduler.schedule(() => resolve(), LIMITS.commitRetryMs);
    });
  }
};

/** Stops all that ticks, and whatever is left: nothing of the runtime runs after this. */
const shutDown = async (context: RuntimeContext): Promise<void> => {
  context.closed = true;
  context.wheel.stop();
  context.sweep?.unsubscribe();
  context.alive?.unsubscribe();
  stopOpening(context);
  for (const host of context.hosts.values()) giveUp(host);
  for (const host of context.endingAway) giveUp(host);
  for (const host of context.away.filed()) context.wheel.remove(host);
  for (const host of context.away.list()) giveUp(host);
  for (const tries of [context.takingBack, context.endLater]) {
    for (const one of tries.values()) one.unsubscribe();
    tries.clear();
  }
  try {
    await closeStore(context);
  } catch (error) {
    announce(context, { type: 'runtime.error', where: 'closing the store', error });
  }
  if (context.whenClosed.size > 0) {
    // Those whose answer is on its way have it before the others are told that there is none.
    await nextTurn(context);
    for (const reject of context.whenClosed) reject(closedFirst());
    context.whenClosed.clear();
  }
  context.registry.send({ type: 'registry.stopped' });
  context.registry.actor.stop();
};

/** Nothing of it is tried again: whoever still waits is told. */
const giveUp = (host: SessionHost): void => {
  host.retry?.unsubscribe();
  const waiters = [...host.waiters, ...host.carried, ...(host.endWaiters ?? [])];
  const error = closedFirst();
  for (const waiter of waiters) waiter.reject(error);
  for (const reject of host.stateWaiters ?? []) reject(error);
};

/** A store answers what it was asked before it closes, so one that never answers never closes. */
const closeStore = (context: RuntimeContext): Promise<void> =>
  new Promise((resolve, reject) => {
    const closed = context.store.close();
    const timeout = context.clock.scheduler.schedule(
      () => reject(new TimeoutError('Closing the store', STORE_MS)),
      STORE_MS,
    );
    closed.then(resolve, reject).finally(() => timeout.unsubscribe());
  });

/** Waits until it is quiet, but not longer than that. */
const quiet = (
  context: RuntimeContext,
  isQuiet: () => boolean,
  timeoutMs: number,
): Promise<void> => {
  if (isQuiet() || timeoutMs === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timeout.unsubscribe();
      context.onQuiet = null;
      resolve();
    };
    const timeout = context.clock.scheduler.schedule(done, timeoutMs);
    context.onQuiet = () => {
      if (isQuiet()) done();
    };
  });
};
