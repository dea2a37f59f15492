import type { Session } from '../session.ts';

/** What the function of an operation is given. */
export interface OperationContext<Data = unknown> {
  /** The operation's id: names it in events, and to `abort`. */
  readonly operation: string;
  /** Aborted when the operation times out, the session ends, or somebody aborts it. */
  readonly signal: AbortSignal;
  readonly session: Session<Data>;
}

/** How one operation is run. */
export interface OperationOptions {
  /** ms, queueing included, above 0; default 10 minutes; `Infinity` or `'off'` for none. */
  readonly timeoutMs?: number | 'off';
  /** The caller's own way to abort it. */
  readonly signal?: AbortSignal;
  /** The caller's own id for it, 1 to 128 characters; of its session's operations in flight no other has it. Default: a UUID. */
  readonly id?: string;
}

/** How a durable operation is run. */
export interface DurableOptions extends OperationOptions {
  /** `started` is committed before the handler runs, `finished` before the result is returned. */
  readonly durable: true;
}

/** An operation that a session is doing or about to do. */
export interface OperationInfo {
  readonly id: string;
  readonly name: string;
  readonly durable: boolean;
  /** `queued` waits for one of the session's 64 places. */
  readonly state: 'queued' | 'running';
  /** Wall time at which it was asked for, ms since the epoch. */
  readonly since: number;
}

/**
 * A durable operation's work: registered by name, so that a later process knows it too. Its input and its result are
 * JSON.
 */
export type OperationHandler<Data = unknown> = (
  input: unknown,
  context: OperationContext<Data>,
) => unknown | Promise<unknown>;

/** A durable operation whose process was gone before its outcome was recorded. */
export interface InterruptedOperation {
  /** The operation's id. */
  readonly operation: string;
  /** The name its handler is registered under. */
  readonly name: string;
  readonly input: unknown;
  /** Wall time of its start, ms since the epoch. */
  readonly startedAt: number;
}
