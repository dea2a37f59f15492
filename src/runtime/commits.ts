import type { SessionState } from '../../machines/index.ts';
import { Fenced, OutcomeUnknown, StoreError } from '../errors.ts';
import { jittered } from '../identity/randomness.ts';
import { LIMITS } from '../limits.ts';
import type {
  Change,
  JournalData,
  SessionRecord,
  StoredDeadline,
  StoredSession,
} from '../store/contract.ts';
import { announce } from './announce.ts';
import { cleanUp, needsCleanup } from './cleanup.ts';
import { lastActivityAt } from './filing.ts';
import type { Append, CommitWaiter, SessionHost } from './host.ts';
import { release } from './plane.ts';
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

/** Appends to the journal with the next commit. Resolves with the number of the last entry, once it is in. */
export const appendEntries = async (
  context: RuntimeContext,
  host: SessionHost,
  entries: readonly JournalData[],
  keep: boolean,
): Promise<number> => {
  const appends = entries.map((data): Append => ({ data, keep, seq: 0 }));
  host.appends = [...(host.appends ?? []), ...appends];
  await commit(context, host);
  return appends.at(-1)?.seq ?? host.record?.journalSeq ?? 0;
};

/** Writes what is dirty, unless an attempt is under way: that one goes on with it. */
export const flush = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.committing || !host.dirty || host.record === null || host.released) return;
  host.retry?.unsubscribe();
  host.retry = null;
  host.committing = true;
  let attempt: Attempt | null = null;
  let error: unknown = null;
  try {
    if (host.limbo !== null) await settleLimbo(context, host, host.limbo, host.record);
    attempt = prepare(context, host);
    await write(context, host, attempt);
  } catch (thrown) {
    error = thrown;
  }
  host.committing = false;
  const carried = host.carried;
  host.carried = [];
  if (attempt !== null && error === null) {
    succeeded(context, host, attempt);
    for (const waiter of carried) waiter.resolve();
    void flush(context, host);
    return;
  }
  if (error instanceof Fenced) {
    letGo(context, host);
    for (const waiter of [...carried, ...takeWaiters(host)]) waiter.reject(error);
    return;
  }
  failed(context, host, attempt, error);
  const failure = new StoreError(`the session ${host.id} was not recorded`, error);
  // Where the attempt could not even begin, whoever waited for it has waited for this.
  const unheard = attempt === null ? takeWaiters(host) : [];
  for (const waiter of [...carried, ...unheard, ...takeEndWaiters(host)]) waiter.reject(failure);
};

/** What one attempt carries. */
interface Attempt {
  readonly change: Change;
  /** The last change it carries: what may be told when it succeeds. */
  readonly mark: number;
  readonly appends: readonly Append[];
  readonly data: unknown;
  readonly sessionDirty: boolean;
  /** The behaviour as it was. */
  readonly checkpoint: unknown;
}

/** Takes everything that waits into one attempt. */
const prepare = (context: RuntimeContext, host: SessionHost): Attempt => {
  const appends = host.appends ?? [];
  const { sessionDirty, data } = host;
  const attempt: Attempt = {
    change: newest(context, host, appends),
    mark: host.untold.asked,
    appends,
    data,
    sessionDirty,
    checkpoint: host.behaviour?.checkpoint() ?? null,
  };
  host.dirty = false;
  host.sessionDirty = false;
  host.appends = null;
  host.carried = takeWaiters(host);
  return attempt;
};

const takeWaiters = (host: SessionHost): CommitWaiter[] => {
  const { waiters } = host;
  host.waiters = [];
  return waiters;
};

const takeEndWaiters = (host: SessionHost): CommitWaiter[] => {
  const waiters = host.endWaiters ?? [];
  host.endWaiters = null;
  return waiters;
};

/** The record as it will be for this state; also what `create` writes first. */
export const storedSession = (context: RuntimeContext, host: SessionHost): StoredSession => ({
  createdAt: host.createdAt,
  expiresAt: host.expiresAt,
  lastActivityAt: lastActivityAt(context, host),
  endedAt: host.endedAt,
  reason: host.reason,
  client: host.client === null ? null : { ...host.client },
  metadata: host.metadata,
  mcpServers: host.mcpServers,
  data: host.data,
  behaviour: host.behaviour?.name ?? null,
  journal: { first: host.journalFirst, bytes: host.journalBytes },
});

const newest = (context: RuntimeContext, host: SessionHost, appends: readonly Append[]): Change => {
  const decided = host.state;
  // `terminating` is only recorded where something has to be done before the tombstone.
  const over = decided === 'terminating' && (host.cleaned || !needsCleanup(context));
  const state: SessionState = over ? 'terminated' : decided;
  const due: StoredDeadline | null = over
    ? {
        at: (host.endedAt ?? context.clock.wall()) + context.settings.tombstoneMs,
        deadline: 'tombstone',
      }
    : null;
  return {
    state,
    due,
    ...(host.sessionDirty ? { session: storedSession(context, host) } : {}),
    ...(appends.length > 0 ? { append: appends.map(({ data }) => data) } : {}),
    ...(host.journalFirst > 1 ? { trimBefore: host.journalFirst } : {}),
  };
};

/** One attempt. Where its answer is lost, the store is asked what became of it. */
const write = async (
  context: RuntimeContext,
  host: SessionHost,
  attempt: Attempt,
): Promise<void> => {
  const held = host.record;
  if (held === null) throw new Fenced(host.id);
  try {
    host.record = await context.store.commit(held, attempt.change);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    host.limbo = attempt.appends;
    const found = await reload(context, held);
    host.limbo = null;
    if (found.token === held.token) throw error;
    host.record = found;
  }
};

/** Finds out what became of an attempt whose answer was lost, before anything else is written. */
const settleLimbo = async (
  context: RuntimeContext,
  host: SessionHost,
  limbo: readonly Append[],
  held: SessionRecord,
): Promise<void> => {
  const found = await reload(context, held);
  host.limbo = null;
  host.record = found;
  if (found.token === held.token) requeue(host, limbo);
  else number(limbo, found);
};

/** What must get into the journal in the end goes back to the front. */
const requeue = (host: SessionHost, appends: readonly Append[]): void => {
  const kept = appends.filter(({ keep }) => keep);
  if (kept.length > 0) host.appends = [...kept, ...(host.appends ?? [])];
};

const number = (appends: readonly Append[], record: SessionRecord): void => {
  const before = record.journalSeq - appends.length;
  appends.forEach((append, index) => {
    append.seq = before + index + 1;
  });
};

/** What the store has now. One commit is in flight per session, so under our owner and epoch it is ours. */
const reload = async (context: RuntimeContext, held: SessionRecord): Promise<SessionRecord> => {
  const found = await context.store.load(held.id);
  if (found === null || found.owner !== held.owner || found.epoch !== held.epoch) {
    throw new Fenced(held.id);
  }
  return found;
};

const succeeded = (context: RuntimeContext, host: SessionHost, attempt: Attempt): void => {
  host.failures = 0;
  if (host.record !== null) number(attempt.appends, host.record);
  host.shownData = attempt.data;
  host.behaviour?.committed(attempt.checkpoint);
  if (context.storeFailing) {
    context.storeFailing = false;
    announce(context, { type: 'runtime.store-recovered' });
  }
  if (attempt.change.state === 'terminated') retire(context, host);
  release(context, host, attempt.mark);
  if (attempt.change.state === 'terminated') {
    for (const waiter of takeEndWaiters(host)) waiter.resolve();
  } else if (attempt.change.state === 'terminating' && !host.cleaning) {
    void cleanUp(context, host).then(() => {
      host.dirty = true;
      return flush(context, host);
    });
  }
};

const failed = (
  context: RuntimeContext,
  host: SessionHost,
  attempt: Attempt | null,
  error: unknown,
): void => {
  host.dirty = true;
  if (attempt !== null) {
    host.sessionDirty ||= attempt.sessionDirty;
    // What is in limbo is asked after first: it may be in the journal already.
    if (host.limbo === null) requeue(host, attempt.appends);
  }
  host.failures += 1;
  if (context.closed) return;
  const waitMs = Math.min(
    LIMITS.commitRetryMs * 2 ** Math.min(host.failures - 1, 20),
    LIMITS.commitRetryMaxMs,
  );
  host.retry?.unsubscribe();
  host.retry = context.clock.scheduler.schedule(() => {
    host.retry = null;
    void flush(context, host);
  }, jittered(waitMs));
  if (context.storeFailing) return;
  context.storeFailing = true;
  announce(context, { type: 'runtime.store-failing', error });
};
