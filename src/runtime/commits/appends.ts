import type { JournalData, SessionRecord } from '../../store/contract.ts';
import { entryBytes } from '../conversation/journal-entries.ts';
import type { Append, SessionHost } from '../host.ts';
import { release } from '../plane/plane.ts';
import type { Untold } from '../plane/untold.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/*
 * The account of a session's journal. An entry is counted as on its way from the moment it is queued until it is in
 * or dropped, so that however many are queued at once, they cannot exceed together what one by one they may not.
 */

/** What follows from an entry's being in. */
export interface AppendFollowers {
  /** What is told of it with the commit it is in. */
  readonly untold?: Untold | null;
  /** Called with its number in the moment it is in. Must not throw. */
  readonly numbered?: ((seq: number) => void) | null;
}

/** An entry on its way into the journal. */
export const newAppend = (
  host: SessionHost,
  data: JournalData,
  keep: boolean,
  { untold = null, numbered = null }: AppendFollowers = {},
): Append => {
  const bytes = entryBytes(data);
  host.appending += 1;
  host.appendingBytes += bytes;
  return { data, keep, bytes, untold, numbered, seq: 0, dropped: false };
};

/**
 * Puts entries into the next attempt, behind what waits for it. Returns the row they are in: it is the host's until an
 * attempt takes it.
 */
export const queueAppends = (host: SessionHost, appends: readonly Append[]): Append[] => {
  host.appends ??= [];
  // In place: in a burst each copy would be as long as what was asked for before.
  for (const append of appends) host.appends.push(append);
  return host.appends;
};

/** What these add to the journal. */
export const bytesOf = (appends: readonly Append[]): number =>
  appends.reduce((sum, { bytes }) => sum + bytes, 0);

/** They are in: this record is the first that has them, so the last ones of its journal are theirs. */
export const arrived = (
  host: SessionHost,
  appends: readonly Append[],
  record: SessionRecord,
): void => {
  host.record = record;
  const before = record.journalSeq - appends.length;
  appends.forEach((append, index) => {
    append.seq = before + index + 1;
    host.appending -= 1;
    host.appendingBytes -= append.bytes;
    host.journalBytes += append.bytes;
    const { untold, numbered } = append;
    numbered?.(append.seq);
    if (untold !== null) untold.event = { type: 'session.appended', journalSeq: append.seq };
  });
};

/**
 * They are not in: those that need not get there are dropped, with what was to be told of them. The others go to the
 * front of the next attempt.
 */
export const requeue = (
  context: RuntimeContext,
  host: SessionHost,
  appends: readonly Append[],
): void => {
  const kept: Append[] = [];
  const untold = new Set<Untold>();
  for (const append of appends) {
    if (append.keep) {
      kept.push(append);
      continue;
    }
    append.dropped = true;
    host.appending -= 1;
    host.appendingBytes -= append.bytes;
    if (append.untold !== null) untold.add(append.untold);
  }
  if (kept.length > 0) host.appends = [...kept, ...(host.appends ?? [])];
  if (untold.size === 0) return;
  host.untold.remove(untold);
  // What stood behind them in the row may need no commit. Whoever hears of it may cause the next attempt.
  release(context, host, 0);
};
