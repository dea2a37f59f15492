import { AlreadyExistsError, Fenced, OutcomeUnknown, StoreError } from '../../errors.ts';
import type { Call, Failure, Refusal } from './calls.ts';

/** SQLite's result code for a full disk. */
export const FULL = 13;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/** What SQLite said, as the `cause` of the error that a caller gets. */
export class SqliteFailure extends Error {
  /** SQLite's own result code: 13 is a full disk. `null` where there is none. */
  readonly code: number | null;

  constructor({ code, message }: Pick<Failure, 'code' | 'message'>) {
    super(message);
    this.name = 'SqliteFailure';
    this.code = code;
  }
}

/** The error for a call that was refused: certain, nothing was changed. */
export const refusalError = (refused: Refusal, call: Call): Error => {
  if (refused === 'id-taken') return new AlreadyExistsError('The session id');
  if (refused === 'key-taken') return new AlreadyExistsError("The session's key");
  return new Fenced('id' in call ? call.id : '');
};

/** The error for a call that failed. A full disk may have room again; a damaged file does not mend itself, a lost one comes not back. */
export const failureError = (failed: Failure, call: Call): Error => {
  if (failed.final) return new StoreError(failed.message, undefined, false);
  const cause = new SqliteFailure(failed);
  if (failed.unknown) return new OutcomeUnknown(`the call \`${call.op}\``, cause);
  if (failed.code === FULL) return new StoreError('the disk is full', cause);
  const damaged = failed.code === CORRUPT || failed.code === NOT_A_DATABASE;
  return new StoreError(`SQLite says "${failed.message}"`, cause, !damaged);
};
