import type { JournalEntry, SessionRecord } from './contract.ts';

/** One change to one record and its journal, ready to be applied: all of it is frozen. */
export interface RecordWrite<After extends SessionRecord | null = SessionRecord | null> {
  /** The record it replaces; `null` where it makes one. */
  readonly before: SessionRecord | null;
  /** The record as it is then; `null` where it is removed. */
  readonly after: After;
  readonly append: readonly JournalEntry[];
  /** Entries with a lower `seq` go. */
  readonly trimBefore: number;
}

/** A new highest wall time at which a process was alive. */
export interface AliveWrite {
  readonly aliveAt: number;
}

/** What a table applies: whole, in one step. */
export type TableWrite = RecordWrite | AliveWrite;
