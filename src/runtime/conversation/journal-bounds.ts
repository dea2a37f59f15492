import { JournalFullError } from '../../errors.ts';
import type { JournalData, JournalEntry } from '../../store/contract.ts';
import { appendEntries, appendTelling, settled } from '../commits/commits.ts';
import { readById } from '../commits/rotate-id.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { assertOpen } from '../lifecycle/lifecycle.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { entryBytes } from './journal-entries.ts';

/*
 * What a session's journal may hold. The bounds are for what somebody asks to be written: a message, the start of a
 * durable operation. What such a start promises, its `finished`, is counted and never refused (see `appendEntries`), so
 * a journal may be over its bounds by the entries of the operations that were running when it was filled.
 */

/** What belongs to an entry that asks for room. */
export interface BoundedAppend {
  /** Whether it is told, as `session.appended`. */
  readonly told: boolean;
  /** Called when there is room, right before it is queued; what it throws refuses the entry. */
  readonly beforehand?: () => void;
  /** For one that is not told: called with its number in the moment it is in. Must not throw. */
  readonly numbered?: (seq: number) => void;
}

/**
 * Appends an entry if there is room for it, or once room was made. Rejects, with nothing appended, with
 * `JournalFullError`, or `StoreError`; with `OutcomeUnknown` where nobody can say yet.
 */
export const appendBounded = async (
  context: RuntimeContext,
  host: SessionHost,
  data: JournalData,
  { told, beforehand, numbered }: BoundedAppend,
): Promise<number> => {
  const append = (): Promise<number> => {
    beforehand?.();
    if (told) return appendTelling(context, host, data);
    return appendEntries(context, host, [data], false, numbered);
  };
  const bytes = entryBytes(data);
  // Whoever waits for room comes first: entries get in in the order they were asked for.
  if (host.makingRoom === null) {
    const limit = lacking(context, host, bytes);
    if (limit === null) return append();
    if (!context.settings.journal.dropOldest) throw full(context, limit);
  }
  const { appended } = await inTurn(host, async () => {
    await makeRoom(context, host, bytes);
    assertOpen(host);
    return { appended: append() };
  });
  return appended;
};

/** Runs what makes room, one after another: each finds the journal as the one before left it. */
const inTurn = <T>(host: SessionHost, make: () => Promise<T>): Promise<T> => {
  const turn = host.makingRoom === null ? make() : host.makingRoom.then(make);
  const over = turn.then(
    () => undefined,
    () => undefined,
  );
  host.makingRoom = over;
  over.then(() => {
    if (host.makingRoom === over) host.makingRoom = null;
  });
  return turn;
};

type Limit = 'maxEntries' | 'maxBytes';

const full = ({ settings }: RuntimeContext, limit: Limit): JournalFullError =>
  new JournalFullError(limit, settings.journal[limit]);

/** Which bound such an entry would break, with what is on its way counted; `null`: it fits. */
const lacking = (context: RuntimeContext, host: SessionHost, bytes: number): Limit | null => {
  const over = excess(context, host, bytes);
  if (over.entries > 0) return 'maxEntries';
  return over.bytes > 0 ? 'maxBytes' : null;
};

/** By how much such an entry would break the bounds; not above 0: it fits. */
const excess = (
  { settings }: RuntimeContext,
  host: SessionHost,
  bytes: number,
): { readonly entries: number; readonly bytes: number } => {
  const { maxEntries, maxBytes } = settings.journal;
  return {
    entries: lastSeq(host) - host.journalFirst + 1 + host.appending + 1 - maxEntries,
    bytes: host.journalBytes + host.appendingBytes + bytes - maxBytes,
  };
};

const lastSeq = (host: SessionHost): number => host.record?.journalSeq ?? 0;

/** Drops the oldest entries until one of that size fits. */
const makeRoom = async (
  context: RuntimeContext,
  host: SessionHost,
  bytes: number,
): Promise<void> => {
  if (bytes > context.settings.journal.maxBytes) throw full(context, 'maxBytes');
  for (;;) {
    const limit = lacking(context, host, bytes);
    if (limit === null) return;
    if (await dropOldest(context, host, bytes)) continue;
    if (host.appending === 0) throw full(context, limit);
    // What is on its way fills it. Once that is in, it may be dropped too; a session that is gone settles nothing.
    assertOpen(host);
    await settled(context, host);
  }
};

/** Entries read at once: 100 of the largest are 25 MiB. */
const PAGE = 100;

/** What is taken beyond what is needed, so that a full journal is not read anew for each entry: an eighth of a bound. */
const SPARE = 8;

/**
 * Moves the first entry kept up, for the next commit to drop what is before it; whether it did. That stands even where
 * the entry it was for is not written then: the commit is tried again without it.
 */
const dropOldest = async (
  context: RuntimeContext,
  host: SessionHost,
  bytes: number,
): Promise<boolean> => {
  const { maxEntries, maxBytes } = context.settings.journal;
  const needed = excess(context, host, bytes);
  const most = {
    entries: needed.entries > 0 ? needed.entries + Math.floor(maxEntries / SPARE) : 0,
    bytes: needed.bytes > 0 ? needed.bytes + Math.floor(maxBytes / SPARE) : 0,
  };
  // The start of an operation that still runs stays: it tells a later process that the operation was interrupted.
  const end = Math.min(lastSeq(host), oldestStart(host) - 1);
  const dropped = { entries: 0, bytes: 0 };
  const enough = (): boolean => dropped.entries >= needed.entries && dropped.bytes >= needed.bytes;
  const fits = (size: number): boolean =>
    dropped.entries + 1 <= most.entries || dropped.bytes + size <= most.bytes;

  let first = host.journalFirst;
  for await (const { seq, data } of oldestEntries(context, host, end)) {
    const size = entryBytes(data);
    if (enough() && !fits(size)) break;
    dropped.entries += 1;
    dropped.bytes += size;
    first = seq + 1;
  }
  if (dropped.entries === 0 || (!enough() && end < lastSeq(host))) return false;
  host.journalFirst = first;
  host.journalBytes -= dropped.bytes;
  host.sessionDirty = true;
  return true;
};

/** What is kept of the journal up to this number, oldest first. */
async function* oldestEntries(
  context: RuntimeContext,
  host: SessionHost,
  end: number,
): AsyncGenerator<JournalEntry> {
  for (let after = host.journalFirst - 1; after < end; ) {
    const limit = Math.min(PAGE, end - after);
    const read = readById(host, (id) => context.store.readJournal(id, { after, limit }));
    const page = await storeRead('the journal', read);
    yield* page;
    if (page.length < limit) return;
    after += limit;
  }
}

/** The first entry that must stay; `Infinity`: none. */
const oldestStart = ({ work, unfinished }: SessionHost): number => {
  const running = work?.list().map(({ startedSeq }) => startedSeq) ?? [];
  const starts = running.map((seq) => seq ?? Number.POSITIVE_INFINITY);
  // Of one that a process left it may not be known where its start is: then nothing goes.
  const left = unfinished.map(({ seq }) => seq ?? 0);
  return Math.min(...starts, ...left);
};
