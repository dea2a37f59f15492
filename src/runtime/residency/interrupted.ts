import type { JournalEntry } from '../../store/contract.ts';
import { appendEntries } from '../commits/commits.ts';
import { readById } from '../commits/rotate-id.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { fileNext } from '../liveness/filing.ts';
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
 * the application decides. Where that cannot be recorded now, or this process too is gone before it is decided, the next
 * wake does it (again). It is work: the session stays in memory meanwhile.
 */
export const decideInterrupted = (context: RuntimeContext, host: SessionHost): void => {
  if (host.unfinished.length === 0 || host.reason !== null) return;
  host.inFlight += 1;
  context.inFlight += 1;
  decideAll(context, host)
    .catch((error: unknown) => reportError(context, host, 'recovery of its operations', error))
    .finally(() => {
      host.inFlight -= 1;
      context.inFlight -= 1;
      host.quietSince = context.clock.mono();
      if (host.inFlight === 0 && host.reason === null && !host.released) fileNext(context, host);
      if (context.inFlight === 0) context.onQuiet?.();
    });
};

const decideAll = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const starts = await unfinishedStarts(context, host);
  if (isGone(context, host)) return;
  const at = context.clock.wall();
  const entries = starts.map(
    ({ operation, name }): OperationInterrupted => ({
      kind: 'operation',
      phase: 'interrupted',
      operation,
      name,
      at,
    }),
  );
  for (const { operation, name } of starts) {
    tell(context, host, { type: 'session.interrupted', operation, name }, true);
  }
  if (entries.length > 0) await appendEntries(context, host, entries, true);
  for (const start of starts) {
    if (isGone(context, host)) return;
    await decide(context, host, start);
  }
  if (isGone(context, host)) return;
  host.unfinished = [];
  await appendEntries(context, host, [], true);
};

/** Its end has begun, or the runtime's has: whoever wakes it next decides. */
const isGone = (context: RuntimeContext, host: SessionHost): boolean =>
  host.reason !== null || host.released || context.draining;

const decide = async (
  context: RuntimeContext,
  host: SessionHost,
  { operation, name, input, at }: OperationStarted,
): Promise<void> => {
  const { onInterrupted } = context.application;
  if (!onInterrupted) return;
  const session = context.reference(host);
  try {
    const answer = await onInterrupted(session, { operation, name, input, startedAt: at });
    if (answer !== 'again' || isGone(context, host)) return;
    const again = session.run(name, input, { id: operation, durable: true });
    // Nobody waits for its result; its failures are in the journal.
    again.catch(() => undefined);
  } catch (error) {
    reportError(context, host, 'onInterrupted', error);
  }
};

/** Entries read at once. */
const PAGE = 100;

/** The starts in the journal of those that were left. */
const unfinishedStarts = async (
  context: RuntimeContext,
  host: SessionHost,
): Promise<readonly OperationStarted[]> => {
  const left = new Set(host.unfinished.map(({ operation }) => operation));
  const open = new Map<string, OperationStarted>();
  for (let after = host.journalFirst - 1; ; ) {
    const read = readById(host, (id) => context.store.readJournal(id, { after, limit: PAGE }));
    const page: readonly JournalEntry[] = await storeRead('the journal', read);
    for (const { seq, data } of page) {
      after = seq;
      if (!isOperationEntry(data) || !left.has(data.operation)) continue;
      if (data.phase === 'started') open.set(data.operation, data);
      else if (data.phase === 'finished') open.delete(data.operation);
    }
    if (page.length < PAGE) return [...open.values()];
  }
};
