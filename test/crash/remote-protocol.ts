import type { DeadlineOptions, EndReason, SessionState } from '../../src/index.ts';
import type { PlantedFault } from '../../src/planted.ts';

/** How a process is set up that does what it is told. */
export interface Setup {
  readonly product: string;
  readonly folder: string;
  readonly deadlines?: DeadlineOptions;
  /** Its wall clock differs from the machine's by so much, ms; default 0. */
  readonly offsetMs?: number;
  readonly tombstoneMs?: number;
  readonly sweepIntervalMs?: number;
  /** What these callbacks do; default: nothing. `hang`: they are told of, and never come to an end. */
  readonly initialize?: 'hang';
  readonly cleanup?: 'hang' | 'quick';
  /** What becomes of an operation that was interrupted; default: it is left. */
  readonly interrupted?: 'again';
  readonly fault?: PlantedFault;
}

/** What it is told to do. */
export type Order =
  | { readonly do: 'create'; readonly beats?: 'required'; readonly behaviour?: 'alarm' }
  | { readonly do: 'create-many'; readonly count: number }
  | { readonly do: 'touch' | 'beat' | 'pause' | 'end' | 'look'; readonly id: string }
  | { readonly do: 'run'; readonly id: string; readonly op: string; readonly hang: boolean }
  | { readonly do: 'list' | 'stats' | 'problems' };

/** A session as it answers. */
export interface Looked {
  readonly id: string;
  readonly state: SessionState;
  readonly reason: EndReason | null;
}

/** How many sessions are where, and what became of them. */
export interface Counts {
  readonly resident: number;
  readonly stored: number;
  readonly woken: number;
  readonly ended: Readonly<Partial<Record<EndReason, number>>>;
  /** Records that were claimed at the same time, at most. */
  readonly mostClaims: number;
}

/** What it answers and tells. */
export type RemoteSaid =
  | { readonly t: 'open' }
  | { readonly t: 'answer'; readonly n: number; readonly value: unknown }
  | { readonly t: 'refused'; readonly n: number; readonly error: string }
  /** A callback of the application, or an event of the session plane. */
  | {
      readonly t: 'told';
      readonly what: string;
      readonly id: string;
      readonly detail: string;
      readonly at: number;
    };
