import type { EndReason, SessionState } from '../../machines/index.ts';
import type { Listener, SessionLifecycleEvent } from '../observe/events.ts';
import type { JournalData, SessionRecord, UnfinishedOperation } from '../store/contract.ts';
import { type WheelEntry, wheelEntry } from '../time/wheel.ts';
import type { SessionActor } from '../xstate/session-actor.ts';
import type { Supervised } from './behaviour/supervision.ts';
import type { Collector } from './front-end/collectors.ts';
import { NO_NOTES, type Notes } from './front-end/notes.ts';
import type { HookQueue } from './lifecycle/hook-queue.ts';
import { type Untold, UntoldRow } from './plane/untold.ts';
import { Contact } from './residency/contact.ts';
import type { Unreadable } from './residency/reading.ts';
import type { Client, McpServerSpec, Residency } from './session.ts';
import type { OperationInfo } from './work/work.ts';
import type { WorkQueue } from './work/work-queue.ts';

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

/** One entry on its way into the journal. */
export interface Append {
  readonly data: JournalData;
  /**
   * Whether it must get there in the end. One that need not is dropped with the attempt that failed: its caller was
   * told that it is not in.
   */
  readonly keep: boolean;
  /** Bytes of JSON. */
  readonly bytes: number;
  /** What is told of it with the commit it is in; `null`: nothing. */
  readonly untold: Untold | null;
  /** Called with its number in the moment it is in, before anybody can drop it again. Must not throw. */
  readonly numbered: ((seq: number) => void) | null;
  /** Its number, once it is in; 0 before that. */
  seq: number;
  /** It is not in, and will not be. */
  dropped: boolean;
}

/** One operation, queued or running. */
export interface Operation extends OperationInfo {
  /** Number of its `started` in the journal, which is kept while it runs; left out for a volatile one. */
  startedSeq?: number;
  /** When it was asked for, mono ms. */
  readonly askedAt: number;
  /** What it has from then on, ms; `Infinity`: no limit. */
  readonly timeoutMs: number;
  /** Ends it from outside: with what its caller is told. */
  abort(reason: unknown): void;
  /** The same, but a durable one leaves no outcome: a later process finds it interrupted. */
  interrupt(reason: unknown): void;
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
  /** The owner's own key for it, as it is stored: see `keyed.ts`. */
  readonly key: string | null;
  readonly mcpServers: readonly McpServerSpec[];
  readonly actor: SessionActor;
  /** Mono time of its creation. */
  readonly mono: number;
  /** What was known of its client before it was; left out: nothing. */
  readonly contact?: Contact | undefined;
}

const NOBODY: readonly never[] = Object.freeze([]);

/**
 * What the runtime keeps of one session while it is in memory: its actor, the numbers its deadlines are
 * computed from, the newest record, and what is still to be committed or told. Only data: each part of the
 * runtime that works on it is a file of its own. What a quiet session does not need is `null`.
 */
export class SessionHost implements WheelEntry {
  /** Changes when the id is rotated; the actor keeps its own name. */
  id: string;
  readonly principal: string | null;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly key: string | null;
  readonly mcpServers: readonly McpServerSpec[];
  /** Its client's streams and signs: what stays where nothing else of it does. */
  readonly contact: Contact;
  /** While it is stored, one that only knows where its chart stands: see `absent-actor.ts`. */
  actor: SessionActor;

  // Where it is kept: see `residency/`.
  residency: Residency = 'resident';
  /** Mono time since which it is idle or paused: `hibernateAfter` counts from here. */
  restingSince = Number.POSITIVE_INFINITY;
  /** Its wake that is under way: however many ask, there is one. */
  waking: Promise<void> | null = null;
  /** Why it cannot be woken in this process; `null`: it can. See `unreadable.ts`. */
  unreadable: Unreadable | null = null;
  /** Durable operations that a process left, and nobody has decided about yet. */
  unfinished: readonly UnfinishedOperation[] = NOBODY;
  /** Somebody is just deciding about them. */
  deciding = false;
  decideLater: { unsubscribe(): void } | null = null;

  // The wheel's own fields.
  bucket: WheelEntry['bucket'];
  index: WheelEntry['index'];

  // Liveness: see `next-due.ts`.
  quietSince: number;
  watched: boolean;
  missed = 0;
  inFlight = 0;
  pausedAt = 0;
  /** Mono time at which running work gets its signal; `null` while the lifetime lasts. */
  lifetimeGraceEnd: number | null = null;

  // Durability: see `commits.ts`.
  record: SessionRecord | null = null;
  committing = false;
  dirty = false;
  /** Whether the next commit carries the session's own part of the record, besides its state. */
  sessionDirty = false;
  failures = 0;
  waiters: CommitWaiter[] = [];
  carried: CommitWaiter[] = [];
  /** What the next commit appends to the journal. */
  appends: Append[] | null = null;
  /**
   * What the last attempt appended, when its answer was lost and the store could not be asked yet what became of it;
   * `null`: nothing is uncertain.
   */
  limbo: readonly Append[] | null = null;
  /** The id that attempt was to move the record to; `null`: none, or nothing is uncertain. */
  limboId: string | null = null;
  /** The id it is to have, for the next commit to record; `null`: it keeps its own. See `rotate-id.ts`. */
  nextId: string | null = null;
  rotating: Promise<string> | null = null;
  /** Ids that it may have in the store and not here: see `rename.ts`. */
  newIds: string[] | null = null;
  retry: { unsubscribe(): void } | null = null;
  /** Another owner won it: the session goes on elsewhere, without this host. */
  released = false;

  // Its data: what has been decided, and what is recorded. See `session-data.ts`.
  data: unknown = null;
  shownData: unknown = null;

  // What front-ends keep of it, and who of them is asked before it is put away; `null`: nobody. See `front-end/`.
  frontEnds: Notes = NO_NOTES;
  collectors: Map<string, Collector> | null = null;

  // Its journal: bytes of JSON in it, the first entry kept, and what is on its way into it. See `appends.ts`.
  journalBytes = 0;
  journalFirst = 1;
  appending = 0;
  appendingBytes = 0;
  /** Updates of its data that have begun: what they come to is recorded here, so it stays in memory. */
  updating = 0;
  /** Settles when the last append that waits for room has had its turn; `null`: none waits. */
  makingRoom: Promise<void> | null = null;

  /** `create` has given it out: its record is there, it is ready, and its deadlines count. */
  made = false;

  // Its end: see `ending.ts`.
  endedAt: number | null = null;
  /** Its actor threw and is gone. */
  crashed = false;
  /** `cleanup` and `onTerminated` have been started, and have run. */
  cleaning = false;
  cleaned = false;
  endWaiters: CommitWaiter[] | null = null;
  ending: AbortController | null = null;
  /** Aborted with it, while `initialize` runs. */
  making: AbortController | null = null;
  /** Who waits for a state (see `wait-for.ts`): told where it will never be shown; `null`: nobody does. */
  stateWaiters: Set<(error: Error) => void> | null = null;
  /** Called in the moment in which its slot is free: another session waits for it. See `eviction.ts`. */
  onGone: (() => void) | null = null;

  // The session plane: see `plane.ts`.
  shown: SessionState = 'initializing';
  readonly untold = new UntoldRow();
  /** Never changed in place: whoever goes through it goes through what was there. */
  listeners: readonly Listener<SessionLifecycleEvent>[] = NOBODY;

  /** Its operations; `null` while it has none. See `work-queue.ts`. */
  work: WorkQueue | null = null;
  /** Its hooks that wait or run; `null` while there are none. */
  hooks: HookQueue | null = null;
  /** Its behaviour; `null` if it has none. See `supervision.ts`. */
  behaviour: Supervised | null = null;

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
    this.key = seed.key;
    this.mcpServers = seed.mcpServers;
    this.actor = seed.actor;
    this.quietSince = seed.mono;
    this.contact = seed.contact ?? new Contact(seed.id, seed.principal, seed.mono);
    this.watched = seed.beats === 'required';
  }

  /** It is not in memory, so that a call that needs it has to wake it. */
  get isAway(): boolean {
    return this.residency === 'stored' || this.residency === 'waking';
  }

  /** Mono time of the last sign of life of its client. */
  get lastSign(): number {
    return this.contact.lastSign;
  }

  /** Mono time at which a stream of its client last proved life. */
  get provenAt(): number {
    return this.contact.provenAt;
  }

  /** Streams of its client that keep it in memory. */
  get residents(): number {
    return this.contact.residents;
  }

  /** What has been decided, durable or not: the state of the actor. */
  get state(): SessionState {
    return this.crashed ? 'terminating' : this.actor.getSnapshot().value;
  }

  /** Why it ends or ended; `null` before that. */
  get reason(): EndReason | null {
    const { reason } = this.actor.getSnapshot().context;
    return this.crashed ? (reason ?? 'crashed') : reason;
  }
}
