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

/** An entry on its way into the journal. */
export const newAppend = (
  host: SessionHost,
  data: JournalData,
  keep: boolean,
  untold: Untold | null,
): Append => {
  const append: Append = { data, keep, bytes: entryBytes(data), untold, seq: 0, dropped: false };
  host.appending += 1;
  host.appendingBytes += append.bytes;
  return append;
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
    const { untold } = append;
    if (untold !== null) untold.event = { type: 'session.appended', journalSeq: append.seq };
  });
};

/** They are not in: those that need not get there are dropped, with what was to be told of them. Returns the others. */
export const dropUnkept = (
  context: RuntimeContext,
  host: SessionHost,
  appends: readonly Append[],
): Append[] => {
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
  if (untold.size === 0) return kept;
  host.untold.remove(untold);
  // What stood behind them in the row may need no commit.
  release(context, host, 0);
  return kept;
};
