/**
 * The words of the lifecycle: states, events, reasons and deadlines, defined once and used everywhere.
 * The charts beside this file give them their meaning.
 */

/** The six states of a session, in the order of a life. */
export const SESSION_STATES = [
  'initializing',
  'active',
  'idle',
  'paused',
  'terminating',
  'terminated',
] as const;

/** One of the six states a session is in. Whether it is in memory is another axis (residency). */
export type SessionState = (typeof SESSION_STATES)[number];

/** Why sessions end: a closed union. A session ends exactly once, with one of these. */
export const END_REASONS = [
  'client',
  'operator',
  'idle-timeout',
  'heartbeat-lost',
  'paused-timeout',
  'max-lifetime',
  'init-failed',
  'crashed',
  'evicted',
  'shutdown',
] as const;

/** Why a session ended. */
export type EndReason = (typeof END_REASONS)[number];

/** The deadlines that end a session when they fall due, and the reason each gives. */
export const REASON_OF_DEADLINE = {
  idleTimeout: 'idle-timeout',
  heartbeat: 'heartbeat-lost',
  pausedTimeout: 'paused-timeout',
  maxLifetime: 'max-lifetime',
} as const satisfies Record<string, EndReason>;

/** A deadline that ends a session. (`idleAfter` only quietens one, so it is not here.) */
export type EndDeadline = keyof typeof REASON_OF_DEADLINE;

/** What a session's chart hears. Every fact a guard needs arrives in the event or came in with the input. */
export type SessionEvent =
  /** Its record is durable and its `initialize` is done. */
  | { type: 'session.ready' }
  /** It could not be made: its `initialize` or its first commit failed. */
  | { type: 'session.failed' }
  /** Its client did something. */
  | { type: 'session.activity' }
  /** Nothing happened for `idleAfter`; `inFlight` operations are running. */
  | { type: 'session.quiet'; inFlight: number }
  | { type: 'session.pause' }
  /** `at`: wall time of the request, ms since the epoch. */
  | { type: 'session.resume'; at: number }
  | { type: 'session.terminate'; reason: EndReason }
  /** A deadline fell due at wall time `at` with `inFlight` operations running. */
  | { type: 'session.due'; deadline: EndDeadline; inFlight: number; at: number }
  /** Its end is recorded and its resources are let go. */
  | { type: 'session.cleaned' };

/** The name of something a session's chart hears. */
export type SessionEventType = SessionEvent['type'];

/** The states of the registry, in the order of a life. */
export type RegistryState = 'starting' | 'accepting' | 'draining' | 'stopped';

/** How full the runtime is at the moment of an admission: what the registry's guards look at. */
export interface Occupancy {
  /** Sessions in memory now. */
  readonly resident: number;
  /** The most there may be. */
  readonly maxResident: number;
  /** Sessions of the same principal now; 0 for an anonymous one. */
  readonly ofPrincipal: number;
  /** The most one principal may have. */
  readonly maxPerPrincipal: number;
}

/** What the registry's chart hears. */
export type RegistryEvent =
  | { type: 'registry.ready' }
  /** A session asks to be let in. */
  | ({ type: 'registry.admit' } & Occupancy)
  /** A session of the registry reached its end, or was released. */
  | { type: 'registry.exited' }
  /** A session's actor threw: contained here, it touches nobody else. */
  | { type: 'registry.crashed' }
  | { type: 'registry.drain' }
  | { type: 'registry.stopped' };
