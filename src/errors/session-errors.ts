import type { EndReason } from '../../machines/index.ts';
import { HoldfastError } from './holdfast-error.ts';

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

/** All that whoever is not the operator learns of why a session cannot be read here. */
export const UNREADABLE = 'The session cannot be read by this process now, and stays as it is.';

/**
 * The session is stored, and this process cannot take it into memory: a newer version wrote it, its record is damaged, or
 * what its behaviour goes on from cannot be brought to the present version, or not be restored in it. It stays as it is.
 * The message is the same for all of them, and may be passed on to a client. `reason` may not: it names what is registered.
 */
export class SessionUnreadableError extends HoldfastError {
  /** For the operator: what was stored, what this process has, and what to do. One sentence. */
  readonly reason: string;

  /** @param cause what a migration, or the restoring of a snapshot, threw. For the operator, too. */
  constructor(reason: string, cause?: unknown) {
    super('ERR_HOLDFAST_UNREADABLE', UNREADABLE, { cause });
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

/** The session has not ended: its record stays. Nothing was removed; `terminate` it first. */
export class SessionNotEndedError extends HoldfastError {
  constructor() {
    super('ERR_HOLDFAST_NOT_ENDED', 'The session has not ended: terminate it before it is purged.');
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
      `The journal is full: ${limit} is ${most}. Start another session, raise the limit, or set journal.onFull to 'drop-oldest' (which never drops the start of a running operation).`,
    );
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
    status: 'starting' | 'restarting' | 'stored' | 'done' | 'failed' | 'stopped' | 'none',
  ) {
    const retryable = status === 'starting' || status === 'restarting' || status === 'stored';
    const again =
      status === 'stored' ? 'send again' : 'wait for `session.restarted`, and send again';
    const next = retryable ? again : 'it does not come back; end the session, or go on without it';
    super(
      'ERR_HOLDFAST_BEHAVIOUR_DOWN',
      status === 'none'
        ? 'The session has no behaviour to send to: name one of `behaviours` in `create`.'
        : `The session's behaviour is not running (${status}): ${next}.`,
      { retryable },
    );
    this.event = event;
  }
}

/** An operation was aborted: by its id, or because the runtime drains and its time was over. It may be done in part. */
export class OperationAbortedError extends HoldfastError {
  readonly operation: string;

  constructor(operation: string, by: 'caller' | 'drain' = 'caller') {
    super(
      'ERR_HOLDFAST_ABORTED',
      by === 'caller'
        ? `The operation ${operation} was aborted.`
        : `The operation ${operation} was cut off, because the server goes down: it may be done in part.`,
    );
    this.operation = operation;
  }
}
