import type { OperationOutcome } from '../../observe/events.ts';
import type { JournalData } from '../../store/contract.ts';

/*
 * What a durable operation leaves in its session's journal. It is unfinished where there is a `started` of its number
 * without a `finished` after it, whether it was found `interrupted` or not. The other way round there may be a `finished` alone: where nobody could tell whether the
 * `started` got there.
 */

/** Its handler is about to be called. */
export interface OperationStarted {
  readonly kind: 'operation';
  readonly phase: 'started';
  /** The operation's id. An id may come again once it is finished. */
  readonly operation: string;
  /** The name its handler is registered under. */
  readonly name: string;
  /** Left out where it was given none. */
  readonly input?: unknown;
  /** Wall time, ms since the epoch. */
  readonly at: number;
}

/** Its outcome is decided. */
export interface OperationFinished {
  readonly kind: 'operation';
  readonly phase: 'finished';
  readonly operation: string;
  readonly name: string;
  readonly outcome: OperationOutcome;
  /** What it resolved with; left out for nothing, and where it did not. */
  readonly result?: unknown;
  /** Why it did not: the message of what it threw or was aborted with. */
  readonly error?: string;
  readonly at: number;
}

/** A later process found it unfinished. It may be found so more than once. */
export interface OperationInterrupted {
  readonly kind: 'operation';
  readonly phase: 'interrupted';
  readonly operation: string;
  readonly name: string;
  /** Wall time at which it was found, ms since the epoch. */
  readonly at: number;
}

/** What a durable operation leaves in the journal. */
export type OperationEntry = OperationStarted | OperationFinished | OperationInterrupted;

/** Whether an entry is one of those: only this package writes entries, so its `kind` vouches for the rest. */
export const isOperationEntry = (data: JournalData): data is OperationEntry =>
  typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'operation';
