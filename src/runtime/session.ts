import type { ActorRefFrom, Subscription } from 'xstate';
import type { EndReason, SessionMachine, SessionState } from '../../machines/index.ts';
import type { Listener, SessionLifecycleEvent, Unsubscribe } from '../observe/events.ts';
import type { BehaviourView } from './behaviour/behaviour.ts';
import type {
  Message,
  MessagePage,
  MessagesOptions,
  NewMessage,
} from './conversation/conversation.ts';
import type { FrontEndNotes } from './front-end/front-end.ts';
import type { SessionHealth } from './health/health.ts';
import type {
  DurableOptions,
  OperationContext,
  OperationInfo,
  OperationOptions,
} from './work/work.ts';

/** The other end of a session, as it named itself. */
export interface Client {
  /** The client's own id, where it has one. */
  readonly id?: string;
  readonly name: string;
  readonly version: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** An MCP server that a session works with, as its client named it. Kept as it is; Holdfast connects to none. */
export interface McpServerSpec {
  readonly name: string;
  readonly [field: string]: unknown;
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
  /** The MCP servers the session was made with. */
  readonly mcpServers: readonly McpServerSpec[];
  /** The owner's own key for it; `null` for none. */
  readonly key: string | null;
  /** The registered name of its behaviour; `null` for none. */
  readonly behaviour: string | null;
  /** Operations running or queued now, and restarts that are pending. */
  readonly inFlight: number;
  /** Attached streams or sockets. */
  readonly presences: number;
  readonly endedAt: number | null;
  readonly reason: EndReason | null;
  /**
   * Why this process cannot wake it, in one sentence: it was stored by a newer version of Holdfast, or of its behaviour,
   * cannot be migrated or restored, or is damaged; `null`: it can, as far as was tried. What needs it in memory rejects with
   * `SessionUnreadableError`. Of one that a newer Holdfast stored, or that is damaged, only id, principal, key and state are
   * known: the times are 0, the rest is empty, and a state that is not known here reads as `idle`. What `runtime.as(…)` gives
   * out has only a fixed sentence here, because the reason names what is registered.
   */
  readonly unreadable: string | null;
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

/**
 * A reference to a session, by id. It stays good for the session's whole life, wherever the session is kept.
 * Reading it is no activity; after the end the reads and `terminate` still answer, the rest throws
 * `SessionTerminatedError`.
 */
export interface Session<Data = unknown> {
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
  /**
   * The client is alive. Writes a number; never leaves `idle`, never wakes. The first one starts the heartbeat watch. While a
   * stream is attached, here or in the store, it proves that the client is there: the idle time-out counts from it.
   */
  beat(): void;
  /** What to answer a beat with. Does not beat. */
  beatReply(): BeatReply;
  /**
   * Runs work that has an answer due. While it runs or waits for one of the 64 places, no silence deadline
   * counts. Refused when paused (`SessionPausedError`), when 1,000 wait already (`SessionBusyError`), and with an id that
   * is in use (`AlreadyExistsError`). Rejects with what `fn` throws, `TimeoutError`, the reason it was aborted with, or
   * `SessionTerminatedError`; `fn` is never called when that happens while it waits. After an abort or a time-out the
   * place is given on at once: `fn` must heed its signal, or it runs on beside 64 others.
   */
  run<T>(
    name: string,
    fn: (context: OperationContext<Data>) => T | Promise<T>,
    options?: OperationOptions,
  ): Promise<T>;
  /**
   * Runs the handler registered under `operations[name]`. Its start is journalled before the handler runs, and its
   * outcome before the result is returned. Input and result are JSON, at most 256 KiB each; the handler and the caller get
   * copies. Rejects as the other `run` does, and with `InvalidOptionError` for a name nobody registered or data JSON
   * cannot carry, and with `StoreError` when the start was not recorded (the handler was not called) or the outcome not
   * yet (it was called, and the record is tried again: asking once more would do the work twice).
   */
  run<T = unknown>(name: string, input: unknown, options: DurableOptions): Promise<T>;
  /** What it is doing, in the order it was asked for. */
  operations(): readonly OperationInfo[];
  /** Aborts an operation, queued or running. Returns false if there is no such one (any more). */
  abort(operation: string, reason?: unknown): boolean;
  /**
   * The data of the session, as its last commit has it. A plain copy of JSON, frozen: change it with `update`.
   */
  readonly data: Data;
  /**
   * Changes the data: `change` is given the newest and returns what it is to be; it is called again when another
   * update came in between. The result is validated and committed. Resolves with it. Allowed when paused. Rejects
   * with what `change` throws, `InvalidDataError`, `TimeoutError` when the schema has not answered in time,
   * `UpdateConflictError` when others came in between 100 times, or
   * `StoreError` when that commit failed: the change stands and is tried again.
   */
  update(change: (data: Data) => Data | Promise<Data>): Promise<Data>;
  /**
   * What a front-end keeps of this session, beside what its owner keeps: by the front-end's own name, 1 to 64 of `a-z`,
   * `0-9` and `-`, such as `mcp`. Throws `InvalidOptionError` for another name.
   */
  frontEnd(name: string): FrontEndNotes;
  /**
   * Appends to the conversation. Resolves once it is recorded; rejects, with nothing appended, with
   * `InvalidOptionError` (256 KiB a message), `JournalFullError`, or `StoreError`. `OutcomeUnknown` says that the store
   * could not be asked whether it is in: `messages` tells, and `session.appended` if it is. Allowed when paused.
   */
  append(message: NewMessage): Promise<Message>;
  /** Reads the conversation. No activity; answers after the end too, while the tombstone is kept. */
  messages(options?: MessagesOptions): Promise<MessagePage>;
  /**
   * Sends an event to the behaviour; an activity. Resolves once what came of it is recorded: also where the behaviour
   * fails on it, which is told as `session.behaviour-failed`; it is not sent again. Throws `InvalidEventError` for a
   * type it does not know, `BehaviourDownError` (with the event) while there is none running, `SessionPausedError`;
   * rejects with `StoreError` when that commit failed: the event was delivered all the same.
   */
  send(event: { readonly type: string; readonly [field: string]: unknown }): Promise<void>;
  /** The behaviour, to look at; `null` if the session has none. */
  readonly behaviour: BehaviourView | null;
  /** How it fares. No activity. */
  health(): SessionHealth;
  /**
   * Gives it a new id, once that is recorded; the old one is unknown from then on, to everybody. For a change of
   * privilege, such as a log-in. References to it go on; the actor keeps its own name. Who asks at the same time gets
   * the same new id. Rejects with `StoreError` when that commit failed: then the id stays, and nothing is tried again.
   */
  rotateId(): Promise<string>;
  /** Its recent events, oldest first: what a late subscriber missed, as far as the runtime still has it. Those
   * told under a former id are not among them. */
  recentEvents(): readonly SessionLifecycleEvent[];
  /**
   * A stream or socket of the client is here. Call what it returns when it goes. Presence is not work: it neither wakes
   * the session nor keeps it from its deadlines. With `resident` (default false) a session in memory is not put away
   * while this is attached, neither for its rest nor to make room; a drain puts it away all the same, and a stored one
   * stays stored until something wakes it. For a front-end whose socket cannot outlive what it keeps in memory: each
   * costs one of `maxResident`. Otherwise all that a stream keeps of a stored session is an entry of about 200 bytes: what
   * this returns leads to that, and not to the session.
   */
  attach(options?: { readonly resident?: boolean }): Unsubscribe;
  /**
   * Sets it aside. Running work finishes; work that waits for its place waits on until `resume`, with its time-out
   * running. With `abort` both are aborted. On a paused session: no effect.
   */
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
   * `SessionTerminatedError` when it ends in another one, `TimeoutError`, the signal's reason, `Fenced` when it goes on
   * elsewhere, or `StoreError` when the runtime is closed before its end is recorded.
   */
  waitFor(
    state: SessionState | readonly SessionState[],
    options?: { readonly timeoutMs?: number | 'off'; readonly signal?: AbortSignal },
  ): Promise<SessionState>;
}
