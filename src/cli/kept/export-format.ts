import type { JournalEntry } from '../../store/contract.ts';
import type { TakenRecord } from '../../store/sqlite/owned-folder.ts';

/*
 * What `holdfast export` writes: JSON lines. A header, then each session with the entries of its journal after it, then an
 * end with the counts, by which a cut file is noticed.
 */

/** What says in the header that it is such a file. */
export const FORMAT = 'holdfast-export';

/** The version of the format. A change that an older reader would get wrong is a new one. */
export const FORMAT_VERSION = 1;

/** The first line. */
export interface HeaderLine {
  readonly kind: 'header';
  readonly format: typeof FORMAT;
  readonly version: number;
  /** The Holdfast that wrote it. */
  readonly holdfast: string;
  /** Wall time, ms since the epoch. */
  readonly at: number;
}

/** A session: its record as it is stored, without what only its store needs. */
export interface SessionLine {
  readonly kind: 'session';
  readonly record: TakenRecord;
}

/** An entry of the journal of the session before it. */
export interface EntryLine extends JournalEntry {
  readonly kind: 'entry';
}

/** The last line. */
export interface EndLine {
  readonly kind: 'end';
  readonly sessions: number;
  readonly entries: number;
}

/** Any line. */
export type ExportLine = HeaderLine | SessionLine | EntryLine | EndLine;
