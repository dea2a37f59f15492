import type { EndReason, SessionState } from '../../machines/index.ts';
import { Fenced, OutcomeUnknown, StoreError } from '../errors.ts';
import { jittered } from '../identity/randomness.ts';
import { LIMITS } from '../limits.ts';
import type { Change, SessionRecord, StoredDeadline, StoredSession } from '../store/contract.ts';
import type { SessionHost } from './host.ts';
import { announce, release, untoldCount } from './plane.ts';
import { letGo, retire } from './retire.ts';
import type { RuntimeContext } from './runtime-context.ts';

/*
 * Fail forward: the chart has moved before the store answers, and a failed commit never moves it back. The
 * callers whose change was carried are told, and the runtime goes on trying to record the newest state.
 * One commit is in flight per session; what is asked for meanwhile goes into the next.
 */

/** Records the session's newest state. Settles with the attempt that carries it. */
export const commit = (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const outcome = new Promise<void>((resolve, reject) => {
    host.waiters.push({ resolve, reject });
  });
  host.dirty = true;
  void flush(context, host);
  return outcome;
};

/** Settles with the attempt that carries the newest state; at once if that is recorded already. */
export const settled = (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.dirty) return commit(context, host);
  if (!host.committing) return Promise.resolve();
  return new Promise((resolve, reject) => {
    host.carried.push({ resolve, reject });
  });
};

/** Writes what is dirty, unless an attempt is under way: that one goes on with it. */
export const flush = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.committing || !host.dirty || host.record === null || host.released) return;
  host.retry?.unsubscribe();
  host.retry = null;
  host.committing = true;
  host.dirty = false;
  host.carried = host.waiters;
  host.waiters = [];
  const row = untoldCount(host);
  const change = newest(context, host);
  let error: unknown = null;
  try {
    host.record = await write(context, host, host.record, change);
  } catch (thrown) {
    error = thrown;
  }
  host.committing = false;
  const carried = host.carried;
  host.carried = [];
  if (error === null) {
    succeeded(context, host);
    if (change.state === 'terminated') retire(context, host);
    release(context, host, row);
    for (const waiter of carried) waiter.resolve();
    void flush(context, host);
    return;
  }
  if (error instanceof Fenced) {
    letGo(context, host);
    for (const waiter of [...carried, ...host.waiters]) waiter.reject(error);
    host.waiters = [];
    return;
  }
  failed(context, host, error);
  const failure = new StoreError(`the session ${host.id} was not recorded`, error);
  for (const waiter of carried) waiter.reject(failure);
};

/** The record as it will be for this state; also what `create` writes first. */
export const storedSession = (
  host: Pick<SessionHost, 'createdAt' | 'client' | 'metadata'>,
  endedAt: number | null,
  reason: EndReason | null,
): StoredSession => ({
  createdAt: host.createdAt,
  endedAt,
  reason,
  client: host.client === null ? null : { ...host.client },
  metadata: host.metadata,
});

const newest = (context: RuntimeContext, host: SessionHost): Change => {
  const decided = host.state;
  // An end without a cleanup of its own is recorded once, as a tombstone.
  const state: SessionState = decided === 'terminating' ? 'terminated' : decided;
  if (state !== 'terminated') return { state };
  const endedAt = host.endedAt ?? context.clock.wall();
  const due: StoredDeadline = {
    at: endedAt + context.settings.tombstoneMs,
    deadline: 'tombstone',
  };
  return { state, due, session: storedSession(host, endedAt, host.reason) };
};

/** One attempt. Where an answer was lost, the store is asked what became of it before anything else. */
const write = async (
  context: RuntimeContext,
  host: SessionHost,
  held: SessionRecord,
  change: Change,
): Promise<SessionRecord> => {
  if (!host.uncertain) {
    try {
      return await context.store.commit(held, change);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) throw error;
      host.uncertain = true;
      const found = await reload(context, held);
      host.uncertain = false;
      if (found.token === held.token) throw error;
      return found;
    }
  }
  const found = await reload(context, held);
  host.uncertain = false;
  host.record = found;
  return write(context, host, found, change);
};

/** What the store has now. One commit is in flight per session, so under our owner and epoch it is ours. */
const reload = async (context: RuntimeContext, held: SessionRecord): Promise<SessionRecord> => {
  const found = await context.store.load(held.id);
  if (found === null || found.owner !== held.owner || found.epoch !== held.epoch) {
    throw new Fenced(held.id);
  }
  return found;
};

const succeeded = (context: RuntimeContext, host: SessionHost): void => {
  host.failures = 0;
  if (!context.storeFailing) return;
  context.storeFailing = false;
  announce(context, { type: 'runtime.store-recovered' });
};

const failed = (context: RuntimeContext, host: SessionHost, error: unknown): void => {
  host.dirty = true;
  host.failures += 1;
  if (context.closed) return;
  const waitMs = Math.min(
    LIMITS.commitRetryMs * 2 ** Math.min(host.failures - 1, 20),
    LIMITS.commitRetryMaxMs,
  );
  host.retry = context.clock.scheduler.schedule(() => {
    host.retry = null;
    void flush(context, host);
  }, jittered(waitMs));
  if (context.storeFailing) return;
  context.storeFailing = true;
  announce(context, { type: 'runtime.store-failing', error });
};
