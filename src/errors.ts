/** Every error Holdfast throws, by what it is about. Listed by hand. */

export { HoldfastError, type HoldfastErrorCode } from './errors/holdfast-error.ts';
export {
  InvalidDataError,
  InvalidEventError,
  InvalidOptionError,
  InvalidSessionIdError,
  MissingPackageError,
} from './errors/input-errors.ts';
export {
  CapacityError,
  DrainingError,
  ForbiddenError,
  TimeoutError,
} from './errors/runtime-errors.ts';
export {
  BehaviourDownError,
  InitializeError,
  JournalFullError,
  OperationAbortedError,
  SessionBusyError,
  SessionNotEndedError,
  SessionNotFoundError,
  SessionNotReadyError,
  SessionPausedError,
  SessionTerminatedError,
  SessionUnreadableError,
  UpdateConflictError,
} from './errors/session-errors.ts';
export {
  AlreadyExistsError,
  Fenced,
  OutcomeUnknown,
  StoreError,
  StoreOpenError,
  type StoreOpenReason,
} from './errors/store-errors.ts';
