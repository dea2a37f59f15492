import { HoldfastError } from './holdfast-error.ts';

/**
 * The store did not take a change, or its answer was lost: nothing is known to be durable (`durable: false`).
 * What was asked for stands all the same, and the runtime goes on trying to record it.
 */
export class StoreError extends HoldfastError {
  readonly durable = false;
  readonly #what: string;

  /** Where the store itself has said what failed, that is told too, and it says whether a retry is worth it. */
  constructor(
    what: string,
    cause: unknown,
    retryable = cause instanceof StoreError ? cause.retryable : true,
  ) {
    const because = cause instanceof StoreError ? `: ${cause.#what}` : '';
    super('ERR_HOLDFAST_STORE', `The store failed: ${what}${because}.`, { cause, retryable });
    this.#what = `${what}${because}`;
  }
}

/** Certain: another commit or another owner won. The holder lets the session go without ending it. */
export class Fenced extends HoldfastError {
  constructor(id: string) {
    super('ERR_HOLDFAST_FENCED', `Another owner or commit won the session ${id}.`);
  }
}

/** A store's answer was lost: the change may or may not be there. The host reloads and compares. */
export class OutcomeUnknown extends HoldfastError {
  constructor(what: string, cause?: unknown) {
    super('ERR_HOLDFAST_OUTCOME_UNKNOWN', `The outcome of ${what} is unknown.`, {
      cause,
      retryable: true,
    });
  }
}

/** `create` of an id or a key that exists already. */
export class AlreadyExistsError extends HoldfastError {
  constructor(what: string) {
    super('ERR_HOLDFAST_ALREADY_EXISTS', `${what} exists already.`);
  }
}

/** Why a store could not be opened: see `StoreOpenError`. */
export type StoreOpenReason = 'in-use' | 'newer-schema' | 'not-writable' | 'not-a-store' | 'failed';

/**
 * A store could not be opened; nothing was changed in it. The message says what is wrong, what was expected and what to
 * do. `reason`: another process has it (`in-use`, the only one that may go away by itself); a newer Holdfast wrote it
 * (`newer-schema`); it cannot be written to (`not-writable`); what is there is something else, or damaged
 * (`not-a-store`); anything else, with its `cause` (`failed`).
 */
export class StoreOpenError extends HoldfastError {
  readonly reason: StoreOpenReason;

  constructor(reason: StoreOpenReason, message: string, cause?: unknown) {
    super('ERR_HOLDFAST_STORE_OPEN', message, { cause, retryable: reason === 'in-use' });
    this.reason = reason;
  }
}
