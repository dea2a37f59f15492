import type { ActorRefFrom, InspectionEvent, Observer } from 'xstate';
import type {
  EndReason,
  RegistryMachine,
  RegistryState,
  SessionState,
} from '../../machines/index.ts';
import type { LifecycleEvent, Listener, Unsubscribe } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import type { Clock } from '../time/clock.ts';
import type { DeadlineOptions, Deadlines } from './deadlines.ts';
import type { Client, Session, SessionInfo } from './session.ts';

/** How a runtime is made. Everything has a default; what is not allowed throws `InvalidOptionError`. */
export interface RuntimeOptions {
  /** Where sessions are recorded; default: the memory store, which does not outlive the process. */
  readonly store?: Store;
  /** Source of time; default: the system's. Tests give a virtual one. */
  readonly clock?: Clock;
  readonly deadlines?: DeadlineOptions;
  /** Sessions at once, at least 1; default 10,000. */
  readonly maxResident?: number;
  /** Sessions of one principal at once, at least 1; default 100. Anonymous ones are not counted. */
  readonly maxPerPrincipal?: number;
  /** How long the record of an ended session is kept, ms, at least 1; default 20 min. */
  readonly tombstoneMs?: number;
  /** How often records that are due are looked for in the store, ms, at least 1; default 30 s. */
  readonly sweepIntervalMs?: number;
  /** Hears all of XState's inspection events, of the registry and of every session. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
}

/** How a session is made. */
export interface CreateOptions {
  /** The other end. */
  readonly client?: Client;
  /** The owner's own data about it: JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * When beats are watched: `'first'` (default) from the first beat on, `'required'` from the start,
   * `'off'` never.
   */
  readonly beats?: 'first' | 'required' | 'off';
  /** An id minted ahead with `mintSessionId`, for a front-end that must name the session first. */
  readonly id?: string;
}

/** How sessions are listed. */
export interface ListOptions {
  readonly state?: SessionState;
  /** At most this many; at least 1, at most and by default 1,000. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string | null;
}

/** One page of a listing. */
export interface SessionPage {
  readonly sessions: readonly SessionInfo[];
  /** Give it back to go on; `null` at the end. */
  readonly cursor: string | null;
}

/** The runtime as one caller sees it: only the caller's own sessions exist. */
export interface BoundRuntime {
  /** Whom it is bound to; `null` is an anonymous caller. */
  readonly principal: string | null;
  /** Makes a session of this principal. Its record is durable when this resolves. */
  create(options?: CreateOptions): Promise<Session>;
  /**
   * The session of that id. Rejects with `InvalidSessionIdError` for an id nobody can have minted, and with
   * one and the same `SessionNotFoundError` for an unknown one and for somebody else's.
   */
  get(id: string): Promise<Session>;
  /** The caller's sessions, tombstones included. An anonymous caller is refused (`ForbiddenError`). */
  list(options?: ListOptions): Promise<SessionPage>;
  /** Ends a session; see `Session.terminate`. */
  terminate(id: string, reason?: 'client' | 'operator'): Promise<EndReason>;
}

/** What a drain did. */
export interface DrainReport {
  /** Sessions that were ended with `shutdown`. */
  readonly ended: number;
  /** Operations that had to be aborted. */
  readonly aborted: number;
  /** Ids of sessions whose end could not be recorded in time. */
  readonly left: readonly string[];
  readonly tookMs: number;
}

/** Counters of a runtime, since its start. */
export interface RuntimeStats {
  readonly state: RegistryState;
  readonly resident: number;
  readonly created: number;
  readonly refused: number;
  readonly ended: Readonly<Partial<Record<EndReason, number>>>;
  /** Events that had no place in the state they met. */
  readonly ignored: number;
}

/**
 * The runtime: it holds all sessions and sees everything. Give a front-end `as(principal)` instead, which
 * sees one caller's.
 */
export interface Runtime extends Omit<BoundRuntime, 'create' | 'principal'>, AsyncDisposable {
  create(options?: CreateOptions & { readonly principal?: string | null }): Promise<Session>;
  list(options?: ListOptions & { readonly principal?: string | null }): Promise<SessionPage>;
  /** The runtime as this caller sees it; `null` is an anonymous caller. */
  as(principal: string | null): BoundRuntime;
  /** Hears what all sessions, and the runtime itself, tell from now on. */
  subscribe(listener: Listener<LifecycleEvent>): Unsubscribe;
  /** The deadlines in force, and which of them made way for the ones that were set. */
  readonly deadlines: Deadlines;
  /** The registry's actor, to look at. */
  readonly registry: {
    getSnapshot(): ReturnType<ActorRefFrom<RegistryMachine>['getSnapshot']>;
    readonly logic: RegistryMachine;
  };
  stats(): RuntimeStats;
  /**
   * Takes nothing new, lets running operations finish for `operationsMs` (default 15 s), aborts the rest,
   * ends every session with `shutdown`, closes the store. Twice joins the running drain.
   */
  drain(options?: { readonly operationsMs?: number }): Promise<DrainReport>;
  /** Drains without waiting for operations. */
  close(): Promise<DrainReport>;
}
