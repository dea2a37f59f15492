import type { EndReason, SessionState } from '../../machines/index.ts';
import type { Listener, SessionLifecycleEvent } from '../observe/events.ts';
import type { SessionRecord } from '../store/contract.ts';
import { type WheelEntry, wheelEntry } from '../time/wheel.ts';
import type { SessionActor } from '../xstate/session-actor.ts';
import type { Client } from './session.ts';

/** One thing waiting to be told on the session plane. */
export interface Untold {
  readonly event: PlaneEvent;
  readonly at: number;
  /** Whether it may be told only after a commit; one that need not still keeps its place in the row. */
  readonly afterCommit: boolean;
}

/** An event of a session before the plane puts its head on it. */
export type PlaneEvent = SessionLifecycleEvent extends infer E
  ? E extends SessionLifecycleEvent
    ? Omit<E, 'id' | 'principal' | 'seq' | 'at'>
    : never
  : never;

/** Somebody waiting for the outcome of a commit. */
export interface CommitWaiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** One running operation. */
export interface Operation {
  readonly id: string;
  readonly name: string;
  /** Ends it from outside: with what its caller is told. */
  abort(reason: unknown): void;
}

/** What a session is made from. */
export interface HostSeed {
  readonly id: string;
  readonly principal: string | null;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Wall time. */
  readonly createdAt: number;
  /** Wall time; `null` is never. */
  readonly expiresAt: number | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly actor: SessionActor;
  /** Mono time of its creation. */
  readonly mono: number;
}

/**
 * What the runtime keeps of one session while it is in memory: its actor, the numbers its deadlines are
 * computed from, the newest record, and what is still to be committed or told. Only data: each part of the
 * runtime that works on it is a file of its own. What a quiet session does not need is `null`.
 */
export class SessionHost implements WheelEntry {
  readonly id: string;
  readonly principal: string | null;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly actor: SessionActor;

  // The wheel's own fields.
  bucket: WheelEntry['bucket'];
  index: WheelEntry['index'];

  // Liveness: see `next-due.ts`.
  quietSince: number;
  lastSign: number;
  watched: boolean;
  missed = 0;
  inFlight = 0;
  presences = 0;
  pausedAt = 0;
  /** Mono time at which running work gets its signal; `null` while the lifetime lasts. */
  lifetimeGraceEnd: number | null = null;

  // Durability: see `commits.ts`.
  record: SessionRecord | null = null;
  committing = false;
  dirty = false;
  failures = 0;
  waiters: CommitWaiter[] = [];
  carried: CommitWaiter[] = [];
  retry: { unsubscribe(): void } | null = null;
  /** The answer to the last attempt was lost, and the store could not be asked yet what became of it. */
  uncertain = false;
  endedAt: number | null = null;
  /** Another owner won it: the session goes on elsewhere, without this host. */
  released = false;
  /** Its actor threw and is gone. */
  crashed = false;

  // The session plane: see `plane.ts`.
  shown: SessionState = 'initializing';
  seq = 0;
  untold: Untold[] | null = null;
  /** Its listeners are hearing an event: what they cause is told after it. */
  telling = false;
  listeners: Set<Listener<SessionLifecycleEvent>> | null = null;

  operations: Map<string, Operation> | null = null;
  ending: AbortController | null = null;

  constructor(seed: HostSeed) {
    const entry = wheelEntry();
    this.bucket = entry.bucket;
    this.index = entry.index;
    this.id = seed.id;
    this.principal = seed.principal;
    this.client = seed.client;
    this.metadata = seed.metadata;
    this.createdAt = seed.createdAt;
    this.expiresAt = seed.expiresAt;
    this.beats = seed.beats;
    this.actor = seed.actor;
    this.quietSince = seed.mono;
    this.lastSign = seed.mono;
    this.watched = seed.beats === 'required';
  }

  /** What has been decided, durable or not: the state of the actor. */
  get state(): SessionState {
    return this.crashed ? 'terminating' : this.actor.getSnapshot().value;
  }

  /** Why it ends or ended; `null` before that. */
  get reason(): EndReason | null {
    return this.crashed ? 'crashed' : this.actor.getSnapshot().context.reason;
  }
}
