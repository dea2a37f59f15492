import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EndReason } from '../../machines/index.ts';
import type { Randomness } from '../identity/randomness.ts';
import type { LifecycleEvent, Listener } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import type { LiftedClock } from '../time/lifted-clock.ts';
import type { DeadlineWheel } from '../time/wheel.ts';
import type { Registry } from '../xstate/registry-logic.ts';
import type { Census } from './admission/census.ts';
import type { IdleSessions } from './admission/eviction.ts';
import type { KeyedEntry } from './admission/key-index.ts';
import type { Reservations } from './admission/reservations.ts';
import type { CheckedBehaviour } from './behaviour/behaviour-options.ts';
import type { StoreTrouble } from './commits/store-trouble.ts';
import type { SessionHost } from './host.ts';
import type { Hooks } from './lifecycle/hooks.ts';
import type { Deadlines } from './liveness/deadlines.ts';
import type { Sweep } from './liveness/sweep.ts';
import type { Tombstones } from './liveness/tombstones.ts';
import type { Recent } from './plane/recent-events.ts';
import type { Away } from './residency/away.ts';
import type { Lanes } from './residency/lanes.ts';
import type { Opening } from './residency/opening.ts';
import type { Viewer } from './residency/readable.ts';
import type { Hearing } from './residency/record-heard.ts';
import type { Unrestorable } from './residency/restorable.ts';
import type { StaleReads } from './residency/stale-reads.ts';
import type { WakeQueue } from './residency/wake-queue.ts';
import type { RuntimeOptions } from './runtime.ts';
import type { Session } from './session.ts';
import type { OperationHandler } from './work/work.ts';

/** The numeric settings of a runtime, checked. */
export interface RuntimeSettings {
  readonly maxResident: number;
  readonly maxStored: number;
  readonly maxPerPrincipal: number;
  readonly tombstoneMs: number;
  readonly maxTombstones: number;
  readonly sweepIntervalMs: number;
  readonly maxConcurrentOperations: number;
  readonly maxQueuedOperations: number;
  readonly maxRecentEvents: number;
  readonly initTimeoutMs: number;
  readonly cleanupTimeoutMs: number;
  readonly hookTimeoutMs: number;
  readonly journal: {
    readonly maxEntries: number;
    readonly maxBytes: number;
    readonly dropOldest: boolean;
  };
}

/** What a runtime counts from its start on. */
export interface Counters {
  created: number;
  refused: number;
  ignored: number;
  beats: number;
  misses: number;
  operationsStarted: number;
  operationsFinished: number;
  restarts: number;
  hibernated: number;
  woken: number;
  readonly ended: Partial<Record<EndReason, number>>;
}

/** What the host application gave the runtime to call. The type of the data is its own affair: `unknown` in here. */
export interface Application {
  readonly data: StandardSchemaV1 | null;
  readonly initialize: RuntimeOptions['initialize'] | null;
  readonly cleanup: RuntimeOptions['cleanup'] | null;
  readonly hooks: Hooks;
  readonly operations: Readonly<Record<string, OperationHandler>>;
  readonly onInterrupted: RuntimeOptions['onInterrupted'] | null;
  readonly behaviours: Readonly<Record<string, CheckedBehaviour>>;
}

/** What the parts of one runtime share. Each part takes it as its first argument. */
export interface RuntimeContext {
  readonly clock: LiftedClock;
  readonly randomness: Randomness;
  readonly store: Store;
  readonly deadlines: Deadlines;
  readonly settings: RuntimeSettings;
  readonly application: Application;
  /** The reference that callers and hooks are given; to whom, default: to the operator. */
  readonly reference: (host: SessionHost, viewer?: Viewer) => Session;
  readonly registry: Registry;
  readonly wheel: DeadlineWheel<SessionHost>;
  /** Every session in memory, by id. */
  readonly hosts: Map<string, SessionHost>;
  /** Sessions in memory by principal, without the anonymous ones; a principal without one has no entry. */
  readonly perPrincipal: Map<string, Set<SessionHost>>;
  /** Who may be asked to make room: see `eviction.ts`. */
  readonly idle: IdleSessions;
  /** Slots left by evicted sessions to those they were evicted for. */
  readonly reserved: Reservations;
  /** Sessions by principal and key, made or being made, so that however many ask, one is made: see `keyed.ts`. */
  readonly keyed: Map<string, KeyedEntry>;
  /** The ones in memory by an id that the store may know them by already, while its answer is not there, or lost. */
  readonly newIds: Map<string, SessionHost>;
  /** The ones in memory whose id was rotated, by the name of their actor, which it keeps. */
  readonly rotated: Map<string, SessionHost>;
  /** How many there are in a durable store; `null` without one. */
  readonly census: Census | null;
  /** The steps that take sessions into memory and out of it. */
  readonly lanes: Lanes<SessionHost>;
  /** The wakes that are under way, and those that wait for a place among them. */
  readonly wakes: WakeQueue;
  /** Those that are known here and not in memory. */
  readonly away: Away;
  /** What was heard of them, on its way into their records. */
  readonly hearing: Hearing;
  /** What a read of the store that is under way may not know yet. */
  readonly staleReads: StaleReads;
  /** Those that are being ended without having been woken. */
  readonly endingAway: Set<SessionHost>;
  /** Ends of stored sessions that could not be begun, by session: the next try of each. */
  readonly endLater: Map<SessionHost, { unsubscribe(): void }>;
  /** What a start over a durable store waits for; `null`: it is open. */
  opening: Opening | null;
  /** Mono time up to which the sweep has looked for what is due in the store. */
  sweptUntil: number;
  /** Stored sessions that are due, and wait for their turn to be seen to. */
  readonly overdue: Set<SessionHost>;
  /** How many of them are being seen to. */
  settling: number;
  /** Ids of stored sessions that cannot be read here, of which that was told. */
  readonly toldUnreadable: Set<string>;
  /** Stored sessions whose behaviour could not be restored here when that was tried, by id. */
  readonly unrestorable: Map<string, Unrestorable>;
  /** The running note that this process lives; `null` without a durable store. */
  alive: { unsubscribe(): void } | null;
  readonly recent: Recent<LifecycleEvent>;
  /** Never changed in place: whoever goes through it goes through what was there. */
  listeners: readonly Listener<LifecycleEvent>[];
  readonly counters: Counters;
  /** This process's name as an owner of records. Never reused. */
  readonly owner: string;
  /** Mono time at which the last gap ended; `-Infinity` without one. */
  endOfLastGap: number;
  /** Mono time of the last tick of the wheel. */
  tickedAt: number;
  /** What the wall clock said more than the monotonic axis at the last tick, ms. */
  wallOffset: number;
  /** Set by the drain: nothing new is taken, silence deadlines are frozen. */
  draining: boolean;
  /** Set by `close`: the drain waits for operations no longer. */
  hurried: boolean;
  /** Set at the very end of the drain: nothing is retried any more. */
  closed: boolean;
  /** Whether the process was warned of an error nobody hears of, so that it is warned once. */
  warned: boolean;
  /** That the store is failing, so that it is told once; `null` while it is not. */
  storeTrouble: StoreTrouble | null;
  /** How late the last tick of the wheel came, ms. */
  lagMs: number;
  /** Operations running or queued in all sessions. */
  inFlight: number;
  /** Told when the last running operation ends, or the last session goes. */
  onQuiet: (() => void) | null;
  /** Creates whose answer was lost, by id: the next look whether a record of theirs is to be removed. */
  readonly takingBack: Map<string, { unsubscribe(): void }>;
  /** Who waits for an answer that a closed runtime never gives: see `until-closed.ts`. */
  readonly whenClosed: Set<(error: Error) => void>;
  /** The tombstones that this process wrote. */
  readonly tombstones: Tombstones;
  /** The running look through the store; `null` before it is started. */
  sweep: Sweep | null;
}
