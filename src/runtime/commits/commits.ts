import type { SessionState } from '../../../machines/index.ts';
import { Fenced, OutcomeUnknown, StoreError } from '../../errors.ts';
import { planted } from '../../planted.ts';
import type { Change, JournalData, StoredDeadline } from '../../store/contract.ts';
import { RECORD_SCHEMA } from '../../store/envelope/read-record.ts';
import { sendToSession } from '../../xstate/session-actor.ts';
import type { Checkpoint } from '../behaviour/checkpoint.ts';
import type { Append, CommitWaiter, SessionHost } from '../host.ts';
import { cleanUp, needsCleanup } from '../lifecycle/cleanup.ts';
import { letGo, retire } from '../lifecycle/retire.ts';
import { keepTombstone } from '../liveness/tombstones.ts';
import { release, tell } from '../plane/plane.ts';
import { storedDue } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { bytesOf, newAppend, queueAppends, requeue } from './appends.ts';
import { forgetNewIds, rename } from './rename.ts';
import { retryDelayMs } from './retry-delay.ts';
import { storeFailed, storeWorks } from './store-trouble.ts';
import { settleLimbo, storeWrite, type Write } from './store-write.ts';
import { storedSession } from './stored-session.ts';

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
  if (planted('acknowledged-before-commit')) return Promise.race([outcome, Promise.resolve()]);
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

/**
 * Appends to the journal with the next commit, whether there is room or not. Resolves with the number of the last
 * entry, once it is in. With `keep`, a `StoreError` says that it is not in yet; without, that it is not in and will not
 * be, and `OutcomeUnknown` that nobody can say yet. `numbered` hears of the number of each in the moment it is in: the
 * promise settles later, and what waits for room may have its turn before that.
 */
export const appendEntries = async (
  context: RuntimeContext,
  host: SessionHost,
  entries: readonly JournalData[],
  keep: boolean,
  numbered: ((seq: number) => void) | null = null,
): Promise<number> => {
  const appends = entries.map((data) => newAppend(host, data, keep, { numbered }));
  return inJournal(context, host, appends);
};

/** Appends one entry that need not get there, and tells of it once it is in. As `appendEntries` otherwise. */
export const appendTelling = async (
  context: RuntimeContext,
  host: SessionHost,
  data: JournalData,
): Promise<number> => {
  const untold = tell(context, host, { type: 'session.appended', journalSeq: 0 }, true);
  return inJournal(context, host, [newAppend(host, data, false, { untold })]);
};

const inJournal = async (
  context: RuntimeContext,
  host: SessionHost,
  appends: readonly Append[],
): Promise<number> => {
  queueAppends(host, appends);
  try {
    await commit(context, host);
  } catch (error) {
    const open = appends.some(({ seq, dropped, keep }) => seq === 0 && !dropped && !keep);
    if (open && error instanceof StoreError) throw new OutcomeUnknown('an append', error);
    if (appends.some(({ seq }) => seq === 0)) throw error;
  }
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
  let heard: (() => void) | undefined;
  try {
    if (host.limbo !== null) await settleLimbo(context, host, host.limbo, host.record);
    attempt = prepare(context, host);
    if (attempt.change.state === 'terminated') heard = context.census?.leaving(host.principal);
    await storeWrite(context, host, attempt);
  } catch (thrown) {
    error = thrown;
  }
  dealWith(context, host, attempt, error);
  heard?.();
};

/** What comes of an attempt, or (`null`) of one that could not begin. */
const dealWith = (
  context: RuntimeContext,
  host: SessionHost,
  attempt: Attempt | null,
  error: unknown,
): void => {
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
  // Where the attempt could not even begin, whoever waited for it has waited for this. Taken before anybody hears of the
  // failure: what a listener then asks for is carried by the next one.
  const unheard = attempt === null ? takeWaiters(host) : [];
  const waiters = [...carried, ...unheard, ...takeEndWaiters(host)];
  failed(context, host, attempt, error);
  const failure = new StoreError(`the session ${host.id} was not recorded`, error);
  for (const waiter of waiters) waiter.reject(failure);
};

/** What one attempt carries. */
interface Attempt extends Write {
  /** The last change it carries: what may be told when it succeeds. */
  readonly mark: number;
  /** The id that it gives the session; `null`: it keeps its own. */
  readonly nextId: string | null;
  readonly data: unknown;
  readonly sessionDirty: boolean;
  /** The behaviour as it was. */
  readonly checkpoint: Checkpoint | null;
}

/** Takes everything that waits into one attempt. */
const prepare = (context: RuntimeContext, host: SessionHost): Attempt => {
  // First of all: whoever hears of something meanwhile may cause a change, which this attempt then carries.
  const checkpoint = host.behaviour?.checkpoint() ?? null;
  const appends = host.appends ?? [];
  // The record says how much is in the journal.
  host.sessionDirty ||= appends.length > 0 || context.store.durable;
  // A session whose end has begun needs no new id.
  if (host.reason !== null) host.nextId = null;
  const { sessionDirty, data, nextId } = host;
  const attempt: Attempt = {
    change: newest(context, host, appends, checkpoint),
    mark: host.untold.asked,
    appends,
    nextId,
    data,
    sessionDirty,
    checkpoint,
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

const newest = (
  context: RuntimeContext,
  host: SessionHost,
  appends: readonly Append[],
  checkpoint: Checkpoint | null,
): Change => {
  const decided = host.state;
  // `terminating` is only recorded where something has to be done before the tombstone.
  const over = decided === 'terminating' && (host.cleaned || !needsCleanup(context));
  const state: SessionState = over ? 'terminated' : decided;
  const due: StoredDeadline | null = over
    ? {
        at: (host.endedAt ?? context.clock.wall()) + context.settings.tombstoneMs,
        deadline: 'tombstone',
      }
    : storedDue(context, host);
  // After a rotation that was given up, but had been recorded, this puts the old one back.
  const id = host.nextId ?? host.id;
  return {
    state,
    due,
    ...(id === host.record?.id ? {} : { id }),
    ...(host.sessionDirty
      ? { session: storedSession(context, host, bytesOf(appends)), schema: RECORD_SCHEMA }
      : {}),
    ...snapshotOf(context, host, over, checkpoint),
    ...(appends.length > 0 ? { append: appends.map(({ data }) => data) } : {}),
    // Only where it has moved since the record was written: not a deletion with every commit from the first trim on.
    ...(host.journalFirst > (host.record?.session.journal.first ?? 1)
      ? { trimBefore: host.journalFirst }
      : {}),
  };
};

/** What is stored of its behaviour; one that cannot be read here goes on as it was. */
const snapshotOf = (
  context: RuntimeContext,
  { behaviour, record }: SessionHost,
  over: boolean,
  checkpoint: Checkpoint | null,
): Pick<Change, 'snapshot'> => {
  if (!context.store.durable) return {};
  if (behaviour !== null) return { snapshot: over ? null : behaviour.keep(checkpoint) };
  const kept = record?.snapshot ?? null;
  // Also where it did not change: the record may have been of an older schema.
  return kept === null ? {} : { snapshot: over ? null : kept };
};

const succeeded = (context: RuntimeContext, host: SessionHost, attempt: Attempt): void => {
  host.failures = 0;
  host.shownData = attempt.data;
  host.behaviour?.committed(attempt.checkpoint);
  storeWorks(context);
  if (attempt.nextId !== null) rename(context, host, attempt.nextId);
  if (host.nextId === null) forgetNewIds(context, host);
  if (attempt.change.state === 'terminated') {
    retire(context, host);
    keepTombstone(context, host.id);
  }
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
  if (planted('cleanup-twice')) {
    host.cleaned = false;
    host.cleaning = false;
  }
  if (planted('chart-rolled-back') && host.state === 'paused') {
    sendToSession(host.actor, { type: 'session.resume', at: context.clock.wall() });
  }
  // Whoever asked for the new id hears of this failure.
  if (attempt === null || attempt.nextId !== null) host.nextId = null;
  if (attempt !== null) {
    host.sessionDirty ||= attempt.sessionDirty;
    // What is in limbo is asked after first: it may be in the journal already.
    if (host.limbo === null) requeue(context, host, attempt.appends);
  } else if (host.appends !== null) {
    // Their callers hear of this failure too.
    const waiting = host.appends;
    host.appends = null;
    requeue(context, host, waiting);
  }
  host.failures += 1;
  if (context.closed || host.released) return;
  host.retry?.unsubscribe();
  host.retry = context.clock.scheduler.schedule(
    () => {
      host.retry = null;
      void flush(context, host);
    },
    retryDelayMs(context, host.failures - 1),
  );
  storeFailed(context, error);
};
