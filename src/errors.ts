import type { EndReason } from '../machines/index.ts';

/** The stable codes of all errors Holdfast throws. A code never changes its meaning. */
export type HoldfastErrorCode =
  | 'ERR_HOLDFAST_INVALID_OPTION'
  | 'ERR_HOLDFAST_INVALID_ID'
  | 'ERR_HOLDFAST_INVALID_EVENT'
  | 'ERR_HOLDFAST_NOT_FOUND'
  | 'ERR_HOLDFAST_TERMINATED'
  | 'ERR_HOLDFAST_PAUSED'
  | 'ERR_HOLDFAST_NOT_READY'
  | 'ERR_HOLDFAST_CAPACITY'
  | 'ERR_HOLDFAST_BUSY'
  | 'ERR_HOLDFAST_JOURNAL_FULL'
  | 'ERR_HOLDFAST_INVALID_DATA'
  | 'ERR_HOLDFAST_UPDATE_CONFLICT'
  | 'ERR_HOLDFAST_INITIALIZE'
  | 'ERR_HOLDFAST_BEHAVIOUR_DOWN'
  | 'ERR_HOLDFAST_DRAINING'
  | 'ERR_HOLDFAST_FORBIDDEN'
  | 'ERR_HOLDFAST_TIMEOUT'
  | 'ERR_HOLDFAST_ABORTED'
  | 'ERR_HOLDFAST_STORE'
  | 'ERR_HOLDFAST_FENCED'
  | 'ERR_HOLDFAST_OUTCOME_UNKNOWN'
  | 'ERR_HOLDFAST_ALREADY_EXISTS'
  | 'ERR_HOLDFAST_MISSING_PACKAGE';

const BRAND = Symbol.for('holdfast.error');

/**
 * The base of every error Holdfast throws. `code` is stable; `retryable` says whether the same call may
 * succeed later without a change. `instanceof HoldfastError` holds across two copies of the package.
 */
export class HoldfastError extends Error {
  readonly code: HoldfastErrorCode;
  readonly retryable: boolean;

  constructor(
    code: HoldfastErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== HoldfastError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** An option, argument or setting is not allowed. `value` is what was given, `allowed` what may be. */
export class InvalidOptionError extends HoldfastError {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    super('ERR_HOLDFAST_INVALID_OPTION', `${option} is ${show(value)}, but must be ${allowed}.`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

/** A session id that Holdfast cannot have minted. Refused before any look-up. */
export class InvalidSessionIdError extends HoldfastError {
  constructor() {
    super(
      'ERR_HOLDFAST_INVALID_ID',
      'The session id is malformed: it must be "ses_" and 32 characters of base64url, as minted by Holdfast.',
    );
  }
}

/** An event whose type does not belong to the machine it was sent to; `xstate.*` is never let in. */
export class InvalidEventError extends HoldfastError {
  /** The event as it was given: nothing of it was delivered. */
  readonly event: unknown;

  constructor(event: unknown, allowed: readonly string[]) {
    super(
      'ERR_HOLDFAST_INVALID_EVENT',
      `The event type ${show(typeOf(event))} is not let in; allowed are: ${allowed.join(', ')}.`,
    );
    this.event = event;
  }
}

/** No such session for this caller: unknown, ended, or somebody else's. The answer is the same for all. */
export class SessionNotFoundError extends HoldfastError {
  constructor() {
    super('ERR_HOLDFAST_NOT_FOUND', 'There is no such session.');
  }
}

/** The session has ended, or its end has begun. `reason` says why. */
export class SessionTerminatedError extends HoldfastError {
  readonly reason: EndReason;

  constructor(reason: EndReason) {
    super('ERR_HOLDFAST_TERMINATED', `The session has ended (${reason}).`);
    this.reason = reason;
  }
}

/** The session is paused: no new work until `resume`. */
export class SessionPausedError extends HoldfastError {
  constructor() {
    super('ERR_HOLDFAST_PAUSED', 'The session is paused: resume it before giving it work.', {
      retryable: true,
    });
  }
}

/** The session is still being initialized: it cannot be set aside yet. */
export class SessionNotReadyError extends HoldfastError {
  constructor() {
    super('ERR_HOLDFAST_NOT_READY', 'The session is still being initialized.', { retryable: true });
  }
}

/** There is no room for one more session. Nothing was created; try again after `retryAfterMs`. */
export class CapacityError extends HoldfastError {
  readonly limit: 'maxResident' | 'maxPerPrincipal';
  readonly retryAfterMs: number;

  constructor(limit: 'maxResident' | 'maxPerPrincipal', most: number, retryAfterMs: number) {
    super(
      'ERR_HOLDFAST_CAPACITY',
      `No room for another session: ${limit} is ${most}. Try again in ${retryAfterMs} ms.`,
      { retryable: true },
    );
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The session has as much work as it may: running and queued. Nothing was started; try again later. */
export class SessionBusyError extends HoldfastError {
  constructor(running: number, queued: number) {
    super(
      'ERR_HOLDFAST_BUSY',
      `The session is busy: ${running} operations run and ${queued} wait. Try again later.`,
      { retryable: true },
    );
  }
}

/** The session's journal holds as much as it may. Nothing was appended. */
export class JournalFullError extends HoldfastError {
  constructor(limit: 'maxEntries' | 'maxBytes', most: number) {
    super(
      'ERR_HOLDFAST_JOURNAL_FULL',
      `The journal is full: ${limit} is ${most}. Start another session, or set journal.onFull to 'drop-oldest'.`,
    );
  }
}

/** The data of a session is not what its schema allows. `issues` says where and why. Nothing was changed. */
export class InvalidDataError extends HoldfastError {
  readonly issues: readonly { readonly message: string; readonly path: string }[];

  constructor(issues: readonly { readonly message: string; readonly path: string }[]) {
    const told = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    super('ERR_HOLDFAST_INVALID_DATA', `The session's data is not allowed: ${told.join('; ')}.`);
    this.issues = issues;
  }
}

/** Other updates of the data came in between each time this one was tried. Nothing was changed by it; try again later. */
export class UpdateConflictError extends HoldfastError {
  constructor(tries: number) {
    super(
      'ERR_HOLDFAST_UPDATE_CONFLICT',
      `The session's data was changed by others in between ${tries} tries of an update. Try again later.`,
      { retryable: true },
    );
  }
}

/** `initialize` failed the session: it threw (`cause`), or its time was over. The session has ended. */
export class InitializeError extends HoldfastError {
  constructor(cause: unknown) {
    super('ERR_HOLDFAST_INITIALIZE', 'The session could not be initialized, and has ended.', {
      cause,
    });
  }
}

/** The session's behaviour is not running. `event` is handed back: nothing of it was delivered. */
export class BehaviourDownError extends HoldfastError {
  readonly event: unknown;

  constructor(
    event: unknown,
    status: 'starting' | 'restarting' | 'done' | 'failed' | 'stopped' | 'none',
  ) {
    super(
      'ERR_HOLDFAST_BEHAVIOUR_DOWN',
      status === 'none'
        ? 'The session has no behaviour to send to: name one of `behaviours` in `create`.'
        : `The session's behaviour is not running (${status}).`,
      { retryable: status === 'starting' || status === 'restarting' },
    );
    this.event = event;
  }
}

/** The runtime is draining or closed and takes nothing new. */
export class DrainingError extends HoldfastError {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('ERR_HOLDFAST_DRAINING', 'The runtime is draining: it takes nothing new.', {
      retryable: true,
    });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The caller may not do this, whatever the session: for example, an anonymous caller may not list. */
export class ForbiddenError extends HoldfastError {
  constructor(what: string) {
    super('ERR_HOLDFAST_FORBIDDEN', what);
  }
}

/** Something took longer than it was given. */
export class TimeoutError extends HoldfastError {
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super('ERR_HOLDFAST_TIMEOUT', `${what} took longer than ${timeoutMs} ms.`, { retryable: true });
    this.timeoutMs = timeoutMs;
  }
}

/** An operation was aborted by its id. */
export class OperationAbortedError extends HoldfastError {
  readonly operation: string;

  constructor(operation: string) {
    super('ERR_HOLDFAST_ABORTED', `The operation ${operation} was aborted.`);
    this.operation = operation;
  }
}

/**
 * The store did not take a change, or its answer was lost: nothing is known to be durable (`durable: false`).
 * What was asked for stands all the same, and the runtime goes on trying to record it.
 */
export class StoreError extends HoldfastError {
  readonly durable = false;

  constructor(what: string, cause: unknown, retryable = true) {
    super('ERR_HOLDFAST_STORE', `The store failed: ${what}.`, { cause, retryable });
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

/** An optional package is needed for what was asked and is not installed. */
export class MissingPackageError extends HoldfastError {
  constructor(feature: string, packages: readonly string[], cause: unknown) {
    super(
      'ERR_HOLDFAST_MISSING_PACKAGE',
      `${feature} needs ${packages.join(' and ')}. Install with: npm install ${packages.join(' ')}`,
      { cause },
    );
  }
}

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
};

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'type' in event ? event.type : event;
