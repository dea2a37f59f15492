import type { ActorRefFrom, Subscription } from 'xstate';
import type { EndReason, SessionMachine, SessionState } from '../../machines/index.ts';
import type { Listener, SessionLifecycleEvent, Unsubscribe } from '../observe/events.ts';

/** The other end of a session, as it named itself. */
export interface Client {
  /** The client's own id, where it has one. */
  readonly id?: string;
  readonly name: string;
  readonly version: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Where a session is kept; another axis than its state. */
export type Residency = 'resident' | 'hibernating' | 'stored' | 'waking';

/** A session at one moment, as plain data. Times are wall times, ms since the epoch. */
export interface SessionInfo {
  readonly id: string;
  readonly principal: string | null;
  readonly state: SessionState;
  readonly residency: Residency;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** The last activity, to the precision of one look of the deadline wheel. */
  readonly lastActivityAt: number;
  /** When its lifetime is over; `null` is never. */
  readonly expiresAt: number | null;
  /** Operations running now. */
  readonly inFlight: number;
  /** Attached streams or sockets. */
  readonly presences: number;
  readonly endedAt: number | null;
  readonly reason: EndReason | null;
}

/** The answer to a heartbeat on the wire. */
export interface BeatReply {
  readonly type: 'heartbeat';
  readonly id: string;
  /** Wall time of the answer, ms since the epoch. */
  readonly timestamp: number;
  /** Beat again before this many ms are over: an upper bound. `null`: beats are not asked for. */
  readonly nextBeatWithinMs: number | null;
}

/**
 * The session's actor, to look at: what XState's own observers show. It is immediate and may show what is
 * not durable yet. It has no `send` and no `stop`.
 */
export interface SessionActorView {
  readonly id: string;
  readonly logic: SessionMachine;
  getSnapshot(): ReturnType<ActorRefFrom<SessionMachine>['getSnapshot']>;
  subscribe(
    listener: (snapshot: ReturnType<ActorRefFrom<SessionMachine>['getSnapshot']>) => void,
  ): Subscription;
}

/** What the function of an operation is given. */
export interface OperationContext {
  /** Of this run; names it in events. */
  readonly operation: string;
  /** Aborted when the operation times out, the session ends, or the caller's own signal is. */
  readonly signal: AbortSignal;
  readonly session: Session;
}

/** How one operation is run. */
export interface OperationOptions {
  /** ms, at least 1; default 10 minutes; `Infinity` or `'off'` for none. */
  readonly timeoutMs?: number | 'off';
  /** The caller's own way to abort it. */
  readonly signal?: AbortSignal;
}

/**
 * A reference to a session, by id. It stays good for the session's whole life, wherever the session is kept.
 * Reading it is no activity; after the end the reads and `terminate` still answer, the rest throws
 * `SessionTerminatedError`.
 */
export interface Session {
  readonly id: string;
  readonly principal: string | null;
  /** The state as the session plane shows it: a change is shown once it is committed. */
  readonly state: SessionState;
  /** The actor, to look at. */
  readonly actor: SessionActorView;
  /**
   * Aborted the moment the end begins, before it is recorded, with `SessionTerminatedError` as its reason:
   * for what must stop at once, such as a transport.
   */
  readonly signal: AbortSignal;
  /** Everything about it at this moment. */
  info(): SessionInfo;
  /** The client did something: leaves `idle`. On a paused session it is a beat. */
  touch(): Promise<void>;
  /** The client is alive. Writes a number; never leaves `idle`. The first one starts the heartbeat watch. */
  beat(): void;
  /** What to answer a beat with. Does not beat. */
  beatReply(): BeatReply;
  /**
   * Runs work that has an answer due. While it runs, no silence deadline counts. Refused when paused
   * (`SessionPausedError`). Rejects with what `fn` throws, `TimeoutError`, or `SessionTerminatedError`.
   */
  run<T>(
    name: string,
    fn: (context: OperationContext) => T | Promise<T>,
    options?: OperationOptions,
  ): Promise<T>;
  /** A stream or socket of the client is here. Call what it returns when it goes. Presence is not work. */
  attach(): Unsubscribe;
  /** Sets it aside. Running work finishes, or is aborted with `abort`. On a paused session: no effect. */
  pause(options?: { readonly abort?: boolean }): Promise<void>;
  /** Takes it up again. On an active session: no effect. */
  resume(): Promise<void>;
  /**
   * Ends it. Twice joins the running end. Resolves with the reason, the first one given, once the end is
   * recorded; rejects with `StoreError` when that try failed: the end goes on all the same.
   */
  terminate(reason?: 'client' | 'operator'): Promise<EndReason>;
  /** Hears what the session tells from now on. */
  subscribe(listener: Listener<SessionLifecycleEvent>): Unsubscribe;
  /**
   * Resolves when the session plane shows one of these states (at once, if it does). Rejects with
   * `SessionTerminatedError` when it ends in another one, `TimeoutError`, or the signal's reason.
   */
  waitFor(
    state: SessionState | readonly SessionState[],
    options?: { readonly timeoutMs?: number | 'off'; readonly signal?: AbortSignal },
  ): Promise<SessionState>;
}
