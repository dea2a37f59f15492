/// <reference lib="esnext.disposable" preserve="true" />
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ActorRefFrom, InspectionEvent, Observer } from 'xstate';
import type {
  EndReason,
  RegistryMachine,
  RegistryState,
  SessionState,
} from '../../machines/index.ts';
import type { Randomness } from '../identity/randomness.ts';
import type { LifecycleEvent, Listener, Unsubscribe } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import type { Clock } from '../time/clock.ts';
import type { BehaviourSpec } from './behaviour/behaviour.ts';
import type { JournalOptions } from './conversation/conversation.ts';
import type { Problem, Reaped, RuntimeHealth, Validation } from './health/health.ts';
import type { Hooks } from './lifecycle/hooks.ts';
import type { DeadlineOptions, Deadlines } from './liveness/deadlines.ts';
import type { Client, McpServerSpec, Residency, Session, SessionInfo } from './session.ts';
import type { InterruptedOperation, OperationHandler } from './work/work.ts';

/** How a runtime is made. Everything has a default; what is not allowed throws `InvalidOptionError`. */
export interface RuntimeOptions<Data = unknown, Input = Data> {
  /** Where sessions are recorded; default: the memory store, which does not outlive the process. */
  readonly store?: Store;
  /** Source of time; default: the system's. Tests give a virtual one. */
  readonly clock?: Clock;
  /** Source of chance; default: the system's CSPRNG. Tests give a seeded one: ids from it can be guessed. */
  readonly randomness?: Randomness;
  readonly deadlines?: DeadlineOptions;
  /** Sessions in memory at once, at least 1; default 10,000. */
  readonly maxResident?: number;
  /** Sessions that have not ended, in memory or not, at least 1; default 100,000. Only looked at with a durable store. */
  readonly maxStored?: number;
  /** Sessions of one principal at once, stored ones included, at least 1; default 100. Anonymous ones are not counted. */
  readonly maxPerPrincipal?: number;
  /** How long the record of an ended session is kept, ms, at least 1; default 20 min. */
  readonly tombstoneMs?: number;
  /**
   * How many records of sessions that ended in this process are kept at once, at least 1; default 100,000. One more, and
   * the oldest is removed at once, however much of its `tombstoneMs` is left: its id is unknown from then on.
   */
  readonly maxTombstones?: number;
  /** How often records that are due are looked for in the store, ms, at least 1; default 30 s. */
  readonly sweepIntervalMs?: number;
  /** Running operations per session, at least 1; default 64. More wait in a queue. */
  readonly maxConcurrentOperations?: number;
  /** Operations waiting per session, at least 1; default 1,000. More are refused with `SessionBusyError`. */
  readonly maxQueuedOperations?: number;
  /** How many recent events are kept for late subscribers, of all sessions together, at least 1; default 1,000. */
  readonly maxRecentEvents?: number;
  /** How much a session's journal may hold. */
  readonly journal?: JournalOptions;
  /**
   * What the data of a session looks like: any Standard Schema (zod, valibot, arktype …). Without one, data is any
   * JSON. At most 256 KiB. `create` takes its input; `update` is given its output and validates what it returns again, so
   * its output must be valid input: no transforms to another type. One that answers later has `initTimeoutMs` each time:
   * then `create` leaves nothing, `update` changes nothing, and either rejects with `TimeoutError`.
   */
  readonly data?: StandardSchemaV1<Input, Data>;
  /**
   * Makes a session ready before anybody gets it: the one callback that can fail a session. Has 30 s (`initTimeoutMs`).
   * When it throws, or its time is over, the session ends with `init-failed` and `create` rejects with
   * `InitializeError`. The signal is aborted when the session ends first.
   */
  readonly initialize?: (session: Session<Data>, signal: AbortSignal) => void | Promise<void>;
  /** Of `initialize`, and of each validation by a schema that does not answer at once; ms, above 0; default 30 s. */
  readonly initTimeoutMs?: number | 'off';
  /**
   * Lets go of what the session held, at its end, before its tombstone is written. Has 5 s (`cleanupTimeoutMs`), then
   * the signal is aborted and the end goes on. Runs at least once, also across a crash: make it idempotent. Do not wait
   * for the session's own `terminate` in it: that waits for this.
   */
  readonly cleanup?: (
    session: Session<Data>,
    reason: EndReason,
    signal: AbortSignal,
  ) => void | Promise<void>;
  /** ms, above 0; default 5 s. */
  readonly cleanupTimeoutMs?: number | 'off';
  /** What the application is told. */
  readonly hooks?: Hooks<Data>;
  /** ms, above 0; default 5 s. */
  readonly hookTimeoutMs?: number | 'off';
  /** The work of durable operations, by name. */
  readonly operations?: Readonly<Record<string, OperationHandler<Data>>>;
  /**
   * Decides about a durable operation that its process did not live to finish, when its session is woken: `'again'` calls
   * its handler anew, under the same id and with the same input; anything else, or no such callback, leaves it. Either way
   * the journal says `interrupted` first. What it throws is reported, and leaves it.
   */
  readonly onInterrupted?: (
    session: Session<Data>,
    operation: InterruptedOperation,
  ) => 'again' | undefined | Promise<'again' | undefined>;
  /** What sessions can run as their supervised child, by name. */
  readonly behaviours?: Readonly<Record<string, BehaviourSpec<Data>>>;
  /** Hears all of XState's inspection events, of the registry and of every session. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
}

/** How a session is made. */
export interface CreateOptions<Input = unknown> {
  /** The other end. */
  readonly client?: Client;
  /** The owner's own data about it: JSON, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * When beats are watched: `'first'` (default) from the first beat on, `'required'` from the start,
   * `'off'` never.
   */
  readonly beats?: 'first' | 'required' | 'off';
  /** Its data at the start; validated. Default: what the schema makes of `undefined`, or `{}` without one. */
  readonly data?: Input;
  /** The MCP servers it works with: JSON, at most 64 KiB together. */
  readonly mcpServers?: readonly McpServerSpec[];
  /** The registered name of its behaviour; default: none. */
  readonly behaviour?: string;
  /** What its behaviour is started with. With a durable store: JSON, at most 256 KiB. */
  readonly input?: unknown;
  /**
   * The same principal's `create` with the same key gives the same session, as long as that has not ended: what else
   * is given then, an `id` too, is not looked at. 1 to 256 characters. Not for anonymous callers, whom nothing tells
   * apart.
   */
  readonly idempotencyKey?: string;
  /** An id minted ahead with `mintSessionId`, for a front-end that must name the session first. */
  readonly id?: string;
}

/** How a keyed session is made, if there is none of that key. */
export interface KeyedOptions<Input = unknown>
  extends Omit<CreateOptions<Input>, 'id' | 'idempotencyKey'> {
  /** The owner's own key for it, unique among the principal's sessions that have not ended; 1 to 256 characters. */
  readonly key: string;
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
export interface BoundRuntime<Data = unknown, Input = Data> {
  /** Whom it is bound to; `null` is an anonymous caller. */
  readonly principal: string | null;
  /**
   * Makes a session of this principal. Its record is durable when this resolves. Where `maxResident` or
   * `maxPerPrincipal` is reached and the store is not durable, the principal's session that has been idle for the
   * longest is ended first, with `evicted`, whether a stream is attached to it or not; an anonymous caller's never is.
   * Rejects with `CapacityError` where there is none, or its end cannot be recorded, and with `DrainingError`.
   */
  create(options?: CreateOptions<Input>): Promise<Session<Data>>;
  /**
   * The principal's session of that key, made if there is none: one, however many ask at once, with the options of
   * the one that made it. A session that ends frees its key: one that is ending is waited for. To ask is no activity.
   * Rejects like `create`, and with `ForbiddenError` for an anonymous caller.
   */
  getOrCreate(options: KeyedOptions<Input>): Promise<Session<Data>>;
  /**
   * The session of that id. Rejects with `InvalidSessionIdError` for an id nobody can have minted, and with
   * one and the same `SessionNotFoundError` for an unknown one and for somebody else's.
   */
  get(id: string): Promise<Session<Data>>;
  /** The caller's sessions, tombstones included. An anonymous caller is refused (`ForbiddenError`). */
  list(options?: ListOptions): Promise<SessionPage>;
  /** Ends a session; see `Session.terminate`. */
  terminate(id: string, reason?: 'client' | 'operator'): Promise<EndReason>;
  /**
   * Ends all sessions the caller has, in memory or stored. Every one is tried. Resolves with how many there were, once their
   * ends are recorded; rejects with the first `StoreError` otherwise: those ends go on all the same. Throws
   * `ForbiddenError` for an anonymous caller.
   */
  terminateAll(reason?: 'client' | 'operator'): Promise<number>;
  /** Whether an id is of use to this caller, by the same look-ups as `get`. No activity, no wake. */
  validate(id: string): Promise<Validation>;
}

/** What a drain did. */
export interface DrainReport {
  /** Sessions that were ended with `shutdown`. */
  readonly ended: number;
  /** Sessions that were put away in a durable store, to go on in a later process. */
  readonly hibernated: number;
  /** Operations that had to be aborted. */
  readonly aborted: number;
  /** Ids of sessions whose end could not be recorded in time. */
  readonly left: readonly string[];
  readonly tookMs: number;
}

/** Counters of a runtime since its start, and how many sessions are where now. */
export interface RuntimeStats {
  readonly state: RegistryState;
  readonly resident: number;
  /** Sessions in memory by state. Counted when asked: O(sessions). */
  readonly byState: Readonly<Record<SessionState, number>>;
  readonly byResidency: Readonly<Record<Residency, number>>;
  readonly created: number;
  readonly refused: number;
  readonly ended: Readonly<Partial<Record<EndReason, number>>>;
  /** Signs of life that were told as beats. */
  readonly beats: number;
  /** Missed beats told. */
  readonly misses: number;
  readonly operations: {
    readonly started: number;
    readonly finished: number;
    /** Running or queued now. */
    readonly inFlight: number;
  };
  /** How often sessions were put away, and taken into memory again. */
  readonly hibernated: number;
  readonly woken: number;
  /** Restarts of behaviours. */
  readonly restarts: number;
  /** Events that had no place in the state they met. */
  readonly ignored: number;
  /** How late the last tick of the wheel came, ms. */
  readonly lagMs: number;
}

/**
 * The runtime: it holds all sessions and sees everything. Give a front-end `as(principal)` instead, which
 * sees one caller's.
 */
export interface Runtime<Data = unknown, Input = Data>
  extends Omit<
      BoundRuntime<Data, Input>,
      'create' | 'getOrCreate' | 'list' | 'principal' | 'terminateAll' | 'validate'
    >,
    AsyncDisposable {
  create(
    options?: CreateOptions<Input> & { readonly principal?: string | null },
  ): Promise<Session<Data>>;
  /** Without a principal, the key is one of the application's own. */
  getOrCreate(
    options: KeyedOptions<Input> & { readonly principal?: string | null },
  ): Promise<Session<Data>>;
  list(options?: ListOptions & { readonly principal?: string | null }): Promise<SessionPage>;
  /** Ends all sessions of a principal. See `BoundRuntime.terminateAll`. */
  terminateAll(principal: string, reason?: 'client' | 'operator'): Promise<number>;
  /**
   * Removes the record and the journal of a session that has ended, at once instead of when its tombstone is over: its id
   * is unknown from then on. Resolves once that is durable. What `recentEvents` still has of it stays there. Rejects with
   * `SessionNotEndedError` for one that has not ended, whose end is not recorded yet included (await `terminate` first);
   * `InvalidSessionIdError`, `SessionNotFoundError` for an id that is purged already too, `StoreError`.
   */
  purge(id: string): Promise<void>;
  /** Whether an id is of use to this caller; without one, to the runtime itself. */
  validate(id: string, caller?: { readonly principal: string | null }): Promise<Validation>;
  /** The runtime as this caller sees it; `null` is an anonymous caller. */
  as(principal: string | null): BoundRuntime<Data, Input>;
  /** Hears what all sessions, and the runtime itself, tell from now on. */
  subscribe(listener: Listener<LifecycleEvent>): Unsubscribe;
  /** Recent events of all sessions and the runtime, oldest first. */
  recentEvents(): readonly LifecycleEvent[];
  /** The deadlines in force, and which of them made way for the ones that were set. */
  readonly deadlines: Deadlines;
  /** When the last gap was over in which nobody could be heard (stall, sleep, downtime), wall ms; `-Infinity`: there was none. */
  readonly awakeSince: number;
  /** The registry's actor, to look at. */
  readonly registry: {
    getSnapshot(): ReturnType<ActorRefFrom<RegistryMachine>['getSnapshot']>;
    readonly logic: RegistryMachine;
  };
  stats(): RuntimeStats;
  /** How it all fares. O(sessions). */
  health(): RuntimeHealth;
  /**
   * Holds every session in memory against what must be true of it: its record, its deadlines, its counts. For tests
   * and for operators; an empty list is the expected answer. O(sessions).
   */
  validateAll(): readonly Problem[];
  /**
   * Looks at every deadline now instead of at the next tick. Resolves with what that ended, once it is recorded; an end
   * whose record failed goes on, but is left out. On a clock that stands still it waits for it to be moved on.
   */
  reap(): Promise<readonly Reaped[]>;
  /**
   * Takes nothing new, lets running operations finish for `operationsMs` (default 15 s), aborts the rest, puts every
   * session away where the store is durable and ends it with `shutdown` where it is not, closes the store. Behaviours run on until their session ends, but are not
   * started again. `cleanup` and `onTerminated` have their time, with their defaults where that is `'off'`. Whoever
   * still waits for anything when the store is closed is told with `StoreError`. Twice joins the running drain.
   */
  drain(options?: { readonly operationsMs?: number }): Promise<DrainReport>;
  /** Drains without waiting for operations. Joins a running drain, which then waits for them no longer. */
  close(): Promise<DrainReport>;
}
