import type { EndReason } from '../../machines/index.ts';
import type { LifecycleEvent, Listener } from '../observe/events.ts';
import type { Store } from '../store/contract.ts';
import type { Clock } from '../time/clock.ts';
import type { DeadlineWheel } from '../time/wheel.ts';
import type { Registry } from '../xstate/registry-logic.ts';
import type { Deadlines } from './deadlines.ts';
import type { SessionHost } from './host.ts';

/** The numeric settings of a runtime, checked. */
export interface RuntimeSettings {
  readonly maxResident: number;
  readonly maxPerPrincipal: number;
  readonly tombstoneMs: number;
  readonly sweepIntervalMs: number;
}

/** What a runtime counts from its start on. */
export interface Counters {
  created: number;
  refused: number;
  ignored: number;
  readonly ended: Partial<Record<EndReason, number>>;
}

/** What the parts of one runtime share. Each part takes it as its first argument. */
export interface RuntimeContext {
  readonly clock: Clock;
  readonly store: Store;
  readonly deadlines: Deadlines;
  readonly settings: RuntimeSettings;
  readonly registry: Registry;
  readonly wheel: DeadlineWheel<SessionHost>;
  /** Every session in memory, by id. */
  readonly hosts: Map<string, SessionHost>;
  /** Sessions in memory by principal; a principal without one has no entry. */
  readonly perPrincipal: Map<string, number>;
  readonly listeners: Set<Listener<LifecycleEvent>>;
  readonly counters: Counters;
  /** This process's name as an owner of records. Never reused. */
  readonly owner: string;
  /** Mono time at which the last gap ended; `-Infinity` without one. */
  endOfLastGap: number;
  /** Set by the drain: nothing new is taken, silence deadlines are frozen. */
  draining: boolean;
  /** Set at the very end of the drain: nothing is retried any more. */
  closed: boolean;
  /** Whether the store is failing, so that it is told once. */
  storeFailing: boolean;
  /** Operations running in all sessions. */
  inFlight: number;
  /** Told when the last running operation ends, or the last session goes. */
  onQuiet: (() => void) | null;
  /** Creates whose answer was lost, by id: the next look whether a record of theirs is to be removed. */
  readonly takingBack: Map<string, { unsubscribe(): void }>;
  /** The running look through the store; `null` before it is started. */
  sweep: { unsubscribe(): void } | null;
}
