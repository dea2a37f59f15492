export { type RegistryContext, type RegistryMachine, registryMachine } from './registry.ts';
export {
  type SessionContext,
  type SessionInput,
  type SessionMachine,
  sessionMachine,
} from './session.ts';
export {
  END_REASONS,
  type EndDeadline,
  type EndReason,
  type Occupancy,
  REASON_OF_DEADLINE,
  type RegistryEvent,
  type RegistryState,
  SESSION_STATES,
  type SessionEvent,
  type SessionEventType,
  type SessionState,
} from './vocabulary.ts';
