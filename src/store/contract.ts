import type { EndDeadline, EndReason, SessionState } from '../../machines/index.ts';

/**
 * What a stored deadline is about: one of the session's own; the removal of its tombstone; a delay of its behaviour, for
 * which it is woken; or, at once, something that a process left unfinished: a session that was being made, or was ending.
 */
export interface StoredDeadline {
  /** Wall time, ms since the epoch. */
  readonly at: number;
  readonly deadline: EndDeadline | 'tombstone' | 'delay' | 'unfinished';
}

/** A durable operation whose start is in the journal and whose outcome is not. */
export interface UnfinishedOperation {
  /** The operation's id. */
  readonly operation: string;
  /** The name its handler is registered under. */
  readonly name: string;
  /** The number of its start in the journal; `null`: it comes there with the commit that says so. */
  readonly seq: number | null;
}

/**
 * What is kept of a session besides the columns the store looks at: opaque to the store, JSON all through.
 * The record's `schema` is the version of its shape: see `envelope/`.
 */
export interface StoredSession {
  /** Wall time of the creation, ms since the epoch. */
  readonly createdAt: number;
  /** Wall time at which its lifetime is over; `null` is never. */
  readonly expiresAt: number | null;
  /** Wall time of the last activity known when this was written. */
  readonly lastActivityAt: number;
  /** Wall time of the last sign of life known when this was written: an activity or a beat. */
  readonly lastSignAt: number;
  /** Wall time at which an attached stream of its client last proved life; `null`: none did. */
  readonly provenAt: number | null;
  /** When beats are watched, as `create` was told. */
  readonly beats: 'first' | 'required' | 'off';
  /** Whether they are watched by now. */
  readonly watched: boolean;
  /** Wall time of the pause; `null` while it is not paused. */
  readonly pausedAt: number | null;
  /** The number of the last event told of it. */
  readonly eventSeq: number;
  /** Its durable operations that were running when this was written. */
  readonly operations: readonly UnfinishedOperation[];
  /** It was put away in order, and nothing was recorded of it since but what was heard of its client. */
  readonly putAway?: true;
  /** It was not, and a beat was heard since its process was gone: its client's silence counts all the same. */
  readonly heardAway?: true;
  /** Wall time of the end; `null` before it. */
  readonly endedAt: number | null;
  /** Why it ended; `null` before that is decided. */
  readonly reason: EndReason | null;
  /** The other end, as it named itself. */
  readonly client: Readonly<Record<string, unknown>> | null;
  /** The owner's own data about it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The MCP servers it works with. */
  readonly mcpServers: readonly Readonly<Record<string, unknown>>[];
  /** The application's data, as its schema made it. */
  readonly data: unknown;
  /** What front-ends keep of it, by their names: any JSON, each its own. */
  readonly frontEnds: Readonly<Record<string, unknown>>;
  /** The registered name of its behaviour; `null` for none. */
  readonly behaviour: string | null;
  /** What is in its journal: the first entry kept, and bytes of JSON. */
  readonly journal: { readonly first: number; readonly bytes: number };
}

/** A session's row. */
export interface SessionRecord {
  readonly id: string;
  /** Whom it belongs to; `null` is anonymous. */
  readonly principal: string | null;
  /**
   * The owner's own key for it; `null` for none. Unique per principal, the anonymous (`null`) one included, among the
   * records that are not `terminated`: a tombstone still shows its key, but the key is free.
   */
  readonly key: string | null;
  /**
   * Compare-and-set token, new at each commit, claim and release: at least 64 random bits, never a counter.
   */
  readonly token: string;
  /** Fencing number: 1 at first, +1 at each claim. */
  readonly epoch: number;
  /** The process that holds it; `null` when nobody does. */
  readonly owner: string | null;
  readonly state: SessionState;
  /** The earliest deadline that must be honoured even if nobody hosts the session. */
  readonly due: StoredDeadline | null;
  /** Number of the last journal entry; 0 for an empty journal. */
  readonly journalSeq: number;
  /** Version of the shape of `session` and `snapshot`. */
  readonly schema: number;
  readonly session: StoredSession;
  /** What its behaviour goes on from, any JSON; `null` for none. Only given to a store that is `durable`. */
  readonly snapshot: unknown;
}

/** What `create` is given: a record without the columns the store fills in. */
export type NewRecord = Omit<SessionRecord, 'token' | 'epoch' | 'journalSeq'>;

/** One entry of a session's append-only log, as it is given. Any JSON. */
export type JournalData = unknown;

/** One entry of a session's append-only log, as it is read. */
export interface JournalEntry {
  /** 1, 2, 3 … without a hole, from the first one that was not trimmed. */
  readonly seq: number;
  /** The fencing number under which it was written. */
  readonly epoch: number;
  readonly data: JournalData;
}

/**
 * A change to a session: all of it becomes durable, or nothing does. What is left out, or `undefined`, stays
 * as it is; `{}` changes only the token.
 */
export interface Change {
  readonly state?: SessionState;
  readonly due?: StoredDeadline | null;
  readonly session?: StoredSession;
  readonly snapshot?: unknown;
  /** The version of the shape that `session` and `snapshot` have from this change on. */
  readonly schema?: number;
  readonly append?: readonly JournalData[];
  /** Entries with a lower `seq` go, those of this change's `append` included. Numbers are not given out again. */
  readonly trimBefore?: number;
  /**
   * A new id for the record and its journal; the old one is unknown from then on, and free. `AlreadyExistsError` if
   * another record has it; its own is no change.
   */
  readonly id?: string;
}

/** One page of records in the order of their ids, compared by code point: as UTF-8, a database's `C`, not a locale. */
export interface Page {
  readonly records: readonly SessionRecord[];
  /**
   * The last id of a full page, to go on after it, whether that record is still there by then or not; `null`
   * where nothing more would have come.
   */
  readonly cursor: string | null;
}

/**
 * Where records and journals live. One contract for all stores; `storeContract` in `holdfast/testing` is
 * its test. A store returns what it was given and shares no object with its caller: what it is given is
 * copied before the call returns its promise; what it returns may be frozen, and never changes later. Of a
 * `held` record it looks only at `id` and `token`. It answers with:
 *
 * - `Fenced`: certain, another commit or owner won, or the record was removed.
 * - `OutcomeUnknown`: the answer was lost. Only a store whose answer can be lost raises it.
 * - `AlreadyExistsError`: `create` of an id, or of a principal's key, that is taken; likewise `commit` with an `id`
 *   that is taken, or one that brings a `terminated` record back whose key is taken. Nothing was changed.
 * - `InvalidOptionError`: certain, nothing was changed; given was what JSON cannot carry; a text that a record is found
 *   by (id, principal, key, owner) that not every database can keep: with half a character, or U+0000; or, for a number,
 *   none: a `limit` is whole and from 0, or `Infinity`, and NaN is nowhere one.
 * - any other error: certain, nothing was changed. `StoreError`, not retryable, after `close`.
 */
export interface Store {
  /**
   * Whether what it acknowledged outlives the process. A durable store that one process opens at a time takes back, as it
   * opens, what an earlier process held: the `owner` of all its records reads `null`.
   */
  readonly durable: boolean;
  create(record: NewRecord): Promise<SessionRecord>;
  load(id: string): Promise<SessionRecord | null>;
  /** The one that has not ended, by the owner's own key; `null` where there is none. */
  find(principal: string | null, key: string): Promise<SessionRecord | null>;
  /** Compares `held.token`; writes the change atomically; returns the record with a new token. */
  commit(held: SessionRecord, change: Change): Promise<SessionRecord>;
  /**
   * Takes a record nobody holds, or that `owner` held before: epoch +1, and a new token, so that what `owner`
   * held before is stale. `null`: not there. `Fenced`: held by another.
   */
  claim(id: string, owner: string): Promise<SessionRecord | null>;
  /** Gives it up: `owner` becomes `null`, `epoch` stays. Compares `held.token`. */
  release(held: SessionRecord): Promise<void>;
  /** Entries with `seq > after`, oldest first, at most `limit`; none for an id that is not there. O(`limit`). */
  readJournal(
    id: string,
    options: { after: number; limit: number },
  ): Promise<readonly JournalEntry[]>;
  list(filter: {
    state?: SessionState;
    /** `undefined`: everybody's. */
    principal?: string | null;
    cursor?: string | null;
    limit: number;
  }): Promise<Page>;
  /**
   * Records whose `due.at <= at`, the longest due first and ties by id, by code point, at most `limit`, whoever holds them. With `after`,
   * only those behind that place in this order: the last of the page before, whether it is still there or not.
   */
  dueBefore(
    at: number,
    limit: number,
    after?: { readonly at: number; readonly id: string } | null,
  ): Promise<readonly SessionRecord[]>;
  /** How many records have not ended: of this principal (`null`: the anonymous ones), or of everybody. */
  count(filter: { principal?: string | null }): Promise<number>;
  /**
   * Notes that a process lives at this wall time. Answers with the highest that was ever noted before, by earlier
   * processes too; `null`: none. A durable store keeps the highest; it may lose the last second of it. A `StoreError` that
   * is not retryable says that the store is gone for good: the runtime lets its sessions go.
   */
  alive(at: number): Promise<number | null>;
  /** Removes the record and its journal. Compares `held.token`. */
  remove(held: SessionRecord): Promise<void>;
  /** Answers what was asked before; nothing works afterwards; twice is once. */
  close(): Promise<void>;
}
