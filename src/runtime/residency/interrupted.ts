import { HoldfastError, TimeoutError } from '../../errors.ts';
import { jittered } from '../../identity/randomness.ts';
import { LIMITS } from '../../limits.ts';
import type { JournalEntry, UnfinishedOperation } from '../../store/contract.ts';
import { appendEntries, commit } from '../commits/commits.ts';
import { readById } from '../commits/rotate-id.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { within } from '../lifecycle/within.ts';
import { beginWork, endWork } from '../liveness/filing.ts';
import { tell } from '../plane/plane.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import {
  isOperationEntry,
  type OperationInterrupted,
  type OperationStarted,
} from '../work/operation-entries.ts';

/**
 * What becomes of the durable operations that a process left unfinished: the journal says that they were interrupted, and
 * the application decides. One that is to be done again counts as unfinished until its new start is recorded. What cannot
 * be decided now (the session is paused, the store fails, this process too is gone) is decided at the next wake, or when
 * the session is resumed. It is work: the session stays in memory meanwhile.
 */
export const decideInterrupted = (context: RuntimeContext, host: SessionHost): void => {
  if (host.unfinished.length === 0 || host.deciding || isGone(context, host)) return;
  // It takes no work: what is to be done again could not be.
  if (host.state === 'paused') return;
  host.deciding = true;
  beginWork(context, host);
  decideAll(context, host)
    .catch((error: unknown) => {
      reportError(context, host, 'recovery of its operations', error);
      // What will not get better by itself, a damaged journal, waits for the next wake.
      if (!(error instanceof HoldfastError) || error.retryable) decideLater(context, host);
    })
    .finally(() => {
      host.deciding = false;
      endWork(context, host);
    });
};

/** The store failed: it is tried again, for as long as the session is in memory. */
const decideLater = (context: RuntimeContext, host: SessionHost): void => {
  if (isGone(context, host)) return;
  host.decideLater?.unsubscribe();
  host.decideLater = context.clock.scheduler.schedule(
    () => {
      host.decideLater = null;
      decideInterrupted(context, host);
    },
    jittered(LIMITS.retryAfterMs, context.randomness),
  );
};

const decideAll = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const starts = await unfinishedStarts(context, host);
  if (isGone(context, host)) return;
  // From here on their starts are not dropped from the journal. What has none was never begun.
  host.unfinished = starts.map(({ seq, start: { operation, name } }) => ({ operation, name, seq }));
  const at = context.clock.wall();
  const entries = starts.map(({ start }): OperationInterrupted => {
    const { operation, name } = start;
    return { kind: 'operation', phase: 'interrupted', operation, name, at };
  });
  for (const { operation, name } of host.unfinished) {
    tell(context, host, { type: 'session.interrupted', operation, name }, true);
  }
  await appendEntries(context, host, entries, true);
  for (const { start } of starts) {
    if (isGone(context, host)) return;
    if (await isOver(context, host, start)) drop(host, start.operation);
  }
  if (!isGone(context, host)) await commit(context, host);
};

/** Its end has begun, or the runtime's has: whoever wakes it next decides. */
const isGone = (context: RuntimeContext, host: SessionHost): boolean =>
  host.reason !== null || host.released || context.draining;

const drop = (host: SessionHost, operation: string): void => {
  host.unfinished = host.unfinished.filter((one) => one.operation !== operation);
};

/** Whether that one is left as it is; one that is done again is not over, and one nobody decided about neither. */
const isOver = async (
  context: RuntimeContext,
  host: SessionHost,
  { operation, name, input, at }: OperationStarted,
): Promise<boolean> => {
  const { onInterrupted } = context.application;
  if (!onInterrupted) return true;
  const { hookTimeoutMs } = context.settings;
  const session = context.reference(host);
  const ask = () => onInterrupted(session, { operation, name, input, startedAt: at });
  const late = (): Error => new TimeoutError('onInterrupted', hookTimeoutMs);
  const failed = (error: unknown): void => reportError(context, host, 'onInterrupted', error);
  try {
    const answer = await within(context.clock, hookTimeoutMs, ask, late);
    if (answer !== 'again') return true;
    if (isGone(context, host)) return false;
    // What it comes to is in the journal, where it was begun; where it was not, it stays unfinished.
    session.run(name, input, { id: operation, durable: true }).catch((error: unknown) => {
      if (host.unfinished.some((one) => one.operation === operation)) failed(error);
    });
  } catch (error) {
    failed(error);
  }
  return false;
};

/** Entries read at once. */
const PAGE = 100;

/** A start in the journal, and its place there. */
interface Found {
  readonly seq: number;
  readonly start: OperationStarted;
}

/** The starts in the journal of those that were left. */
const unfinishedStarts = async (
  context: RuntimeContext,
  host: SessionHost,
): Promise<readonly Found[]> => {
  const left = new Set(host.unfinished.map(({ operation }: UnfinishedOperation) => operation));
  const open = new Map<string, Found>();
  for (let after = host.journalFirst - 1; ; ) {
    const read = readById(host, (id) => context.store.readJournal(id, { after, limit: PAGE }));
    const page: readonly JournalEntry[] = await storeRead('the journal', read);
    for (const { seq, data } of page) {
      after = seq;
      if (!isOperationEntry(data) || !left.has(data.operation)) continue;
      if (data.phase === 'started') open.set(data.operation, { seq, start: data });
      else if (data.phase === 'finished') open.delete(data.operation);
    }
    if (page.length < PAGE) return [...open.values()];
  }
};
