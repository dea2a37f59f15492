/** The front door of Holdfast. Listed by hand: what is not here is not public. */

export {
  END_REASONS,
  type EndDeadline,
  type EndReason,
  REASON_OF_DEADLINE,
  type RegistryState,
  SESSION_STATES,
  type SessionEvent,
  type SessionState,
} from '../machines/index.ts';
export {
  AlreadyExistsError,
  BehaviourDownError,
  CapacityError,
  DrainingError,
  Fenced,
  ForbiddenError,
  HoldfastError,
  type HoldfastErrorCode,
  InitializeError,
  InvalidDataError,
  InvalidEventError,
  InvalidOptionError,
  InvalidSessionIdError,
  JournalFullError,
  MissingPackageError,
  OperationAbortedError,
  OutcomeUnknown,
  SessionBusyError,
  SessionNotEndedError,
  SessionNotFoundError,
  SessionNotReadyError,
  SessionPausedError,
  SessionTerminatedError,
  SessionUnreadableError,
  StoreError,
  StoreOpenError,
  type StoreOpenReason,
  TimeoutError,
  UpdateConflictError,
} from './errors.ts';
export type { Randomness } from './identity/randomness.ts';
export { isSessionId, mintSessionId } from './identity/session-id.ts';
export { LIMITS } from './limits.ts';
export type {
  LifecycleEvent,
  Listener,
  OperationOutcome,
  RuntimeLifecycleEvent,
  SessionLifecycleEvent,
  Unsubscribe,
} from './observe/events.ts';
export type {
  BehaviourSpec,
  BehaviourStatus,
  BehaviourView,
  RestartOptions,
  RestartPolicy,
} from './runtime/behaviour/behaviour.ts';
export type {
  JournalOptions,
  Message,
  MessageContent,
  MessagePage,
  MessagePart,
  MessageRole,
  MessagesOptions,
  NewMessage,
} from './runtime/conversation/conversation.ts';
export { createRuntime } from './runtime/create-runtime.ts';
export type { FrontEndNotes } from './runtime/front-end/front-end.ts';
export type {
  HealthStatus,
  Problem,
  Reaped,
  RuntimeHealth,
  SessionHealth,
  Validation,
} from './runtime/health/health.ts';
export type { HookErrorInfo, Hooks } from './runtime/lifecycle/hooks.ts';
export type { DeadlineOptions, Deadlines } from './runtime/liveness/deadlines.ts';
export type {
  BoundRuntime,
  CreateOptions,
  DrainReport,
  KeyedOptions,
  ListOptions,
  Runtime,
  RuntimeOptions,
  RuntimeStats,
  SessionPage,
} from './runtime/runtime.ts';
export type {
  BeatReply,
  Client,
  McpServerSpec,
  Residency,
  Session,
  SessionActorView,
  SessionInfo,
} from './runtime/session.ts';
export type {
  DurableOptions,
  InterruptedOperation,
  OperationContext,
  OperationHandler,
  OperationInfo,
  OperationOptions,
} from './runtime/work/work.ts';
export type {
  Change,
  JournalEntry,
  NewRecord,
  Page,
  SessionRecord,
  Store,
  StoredDeadline,
  StoredSession,
  UnfinishedOperation,
} from './store/contract.ts';
export { createMemoryStore } from './store/memory.ts';
export type { Clock } from './time/clock.ts';
export { systemClock } from './time/system-clock.ts';
