import type { EndReason, SessionState } from '../../../machines/index.ts';
import type { Residency } from '../session.ts';

/**
 * How a session fares, the worst that applies, from best to worst. `late`: a beat is missing. `silent`: the whole
 * heartbeat window is over (work in flight keeps it). `stuck`: an operation has used up more than half its time, or a
 * hook hangs. `failing`: its store or its behaviour fails.
 */
export type HealthStatus = 'healthy' | 'late' | 'silent' | 'stuck' | 'failing';

/** A session's health at one moment. */
export interface SessionHealth {
  readonly id: string;
  readonly status: HealthStatus;
  readonly state: SessionState;
  readonly residency: Residency;
  /** One sentence for each thing that is not well; empty when healthy. */
  readonly problems: readonly string[];
  /** Since the last sign of life, ms. */
  readonly silentMs: number;
  readonly inFlight: number;
  /** The next deadline and how long until it, ms; `null` when none is running. */
  readonly nextDeadline: { readonly deadline: string; readonly inMs: number } | null;
}

/** The runtime's health at one moment. */
export interface RuntimeHealth {
  /** `failing`: its store is. A session's trouble is its own. */
  readonly status: 'healthy' | 'failing' | 'draining' | 'stopped';
  /** One sentence for each thing that is not well, also what does not make the whole of it fail. */
  readonly problems: readonly string[];
  readonly resident: number;
  readonly maxResident: number;
  /** Whether the store takes changes. */
  readonly store: 'ok' | 'failing';
  /** Sessions by how they fare. Counted when asked: O(sessions). */
  readonly sessions: Readonly<Record<HealthStatus, number>>;
}

/**
 * Whether an id is of use to a caller, and if not, why. `ended`: its end has begun or is over; told to its own principal
 * only, everybody else hears `unknown`.
 */
export type Validation =
  | { readonly valid: true; readonly state: SessionState }
  | { readonly valid: false; readonly problem: 'malformed' | 'unknown' | 'ended' };

/** Something that should not be, found by `validateAll`. */
export interface Problem {
  /** The session's id; `runtime` for what is of no session in particular. */
  readonly id: string;
  /** A stable word for it. */
  readonly problem: string;
  readonly detail: string;
}

/** What `reap` ended. */
export interface Reaped {
  readonly id: string;
  readonly reason: EndReason;
}
