import type { SessionState } from '../../../machines/index.ts';
import type { SessionRecord, StoredDeadline } from '../contract.ts';

/*
 * What the store and its thread say to each other. Plain data, because it crosses by structured clone: what is JSON in a
 * record is text here, written and read on the store's side, so that the thread never looks into it.
 */

/** A record as it crosses. */
export type Row = Omit<SessionRecord, 'session' | 'snapshot'> & {
  /** JSON of the session; `null` where the caller has it, because it gave it. */
  readonly session: string | null;
  /** JSON of the snapshot; likewise. */
  readonly snapshot: string | null;
};

/** A record that is to be made: the store mints its token. */
export type NewRow = Omit<Row, 'epoch' | 'journalSeq' | 'session' | 'snapshot'> & {
  readonly session: string;
  readonly snapshot: string;
};

/** What a commit changes; what is left out stays. `append` holds the JSON of each entry. */
export interface RowChange {
  readonly id?: string;
  readonly state?: SessionState;
  readonly due?: StoredDeadline | null;
  readonly schema?: number;
  readonly session?: string;
  readonly snapshot?: string;
  readonly append?: readonly string[];
  readonly trimBefore?: number;
}

/** What is asked of the thread: one for each method of the contract. `token` is held, `next` the one it gets. */
export type Call =
  | { readonly op: 'create'; readonly row: NewRow }
  | { readonly op: 'load'; readonly id: string }
  | { readonly op: 'find'; readonly principal: string | null; readonly key: string }
  | {
      readonly op: 'commit';
      readonly id: string;
      readonly token: string;
      readonly next: string;
      readonly change: RowChange;
    }
  | { readonly op: 'claim'; readonly id: string; readonly owner: string; readonly next: string }
  | { readonly op: 'release'; readonly id: string; readonly token: string; readonly next: string }
  | {
      readonly op: 'readJournal';
      readonly id: string;
      readonly after: number;
      readonly limit: number;
    }
  | {
      readonly op: 'list';
      readonly state: SessionState | null;
      /** `undefined`: everybody's. */
      readonly principal: string | null | undefined;
      readonly cursor: string | null;
      readonly limit: number;
    }
  | {
      readonly op: 'dueBefore';
      readonly at: number;
      readonly limit: number;
      readonly after: { readonly at: number; readonly id: string } | null;
    }
  | { readonly op: 'count'; readonly principal: string | null | undefined }
  | { readonly op: 'alive'; readonly at: number }
  | { readonly op: 'remove'; readonly id: string; readonly token: string };

/** The calls that only read: they are done again where what they read was rolled back. */
export const READS = ['load', 'find', 'readJournal', 'list', 'dueBefore', 'count'] as const;

const reads: ReadonlySet<string> = new Set(READS);

/** Whether a call only reads. */
export const isRead = ({ op }: Call): boolean => reads.has(op);

/** A journal entry as it crosses. */
export interface EntryRow {
  readonly seq: number;
  readonly epoch: number;
  /** JSON. */
  readonly data: string;
}

/** Some rows: fewer than were asked for where they are long. */
export interface RowPage {
  readonly rows: readonly Row[];
  /** There are more behind the last of them, whether that is why they are so few or not. */
  readonly more: boolean;
}

/** What a call that was done is answered with. */
export interface Values {
  /** The caller has all of the new record. */
  readonly create: null;
  readonly load: Row | null;
  readonly find: Row | null;
  readonly commit: Row;
  readonly claim: Row | null;
  readonly release: null;
  readonly readJournal: readonly EntryRow[];
  readonly list: RowPage;
  readonly dueBefore: RowPage;
  readonly count: number;
  /** The highest wall time that was noted before; `null`: none. */
  readonly alive: number | null;
  readonly remove: null;
}

/** Why a call was not done: certain, nothing was changed. */
export type Refusal = 'fenced' | 'id-taken' | 'key-taken';

/**
 * What SQLite, or the disk below it, refused. `unknown`: it failed while a transaction was being made durable, so that
 * only a later look tells whether it is.
 */
export interface Failure {
  /** SQLite's own result code: 13 is a full disk. `null` where it has none. */
  readonly code: number | null;
  readonly message: string;
  readonly unknown: boolean;
  /** The store is gone for good, in the words of `message`: nothing of this call was done, nor will be of a later one. */
  readonly final?: true;
}

/** The answer to one call. */
export type Answer =
  | { readonly value: Values[keyof Values] }
  | { readonly refused: Refusal }
  | { readonly failed: Failure };

/** What was asked cannot cross to the thread: nothing of its group was done, and the thread goes on. */
export class NotSent extends Error {
  override readonly name = 'NotSent';

  /** @param cause what the system says of it. */
  constructor(cause: unknown) {
    super('It cannot be sent to the thread of the store.', { cause });
  }
}

/** The thread that has the database, as the store sees it: a worker, or in a test the same process. */
export interface Thread {
  /**
   * Does these calls in one transaction, and answers them in their order once it is durable. Groups are done one after
   * another, in the order they were sent. Rejects with `NotSent` where the group cannot cross; with anything else where
   * the thread is gone: then nobody knows what became of the group.
   */
  send(group: readonly Call[]): Promise<readonly Answer[]>;
  /** Closes the database, gives up the folder and ends the thread, after what was sent before. Twice is once. */
  close(): Promise<void>;
}
