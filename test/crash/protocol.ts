import type { EndReason, SessionState } from '../../machines/index.ts';
import type { PlantedFault } from '../../src/planted.ts';

/*
 * What a process under load says on its standard output, one line of JSON each, written before it goes on: so what was
 * acknowledged is known outside in the moment it was, and nothing is that was not.
 */

/** Something the load asks of the runtime. Sessions go by their tag: it is in their metadata, and never changes. */
export type Ask =
  | {
      readonly verb: 'create';
      readonly tag: string;
      /** Minted ahead; `null` for one with a key of either kind. */
      readonly id: string | null;
      readonly principal: string | null;
      readonly key: string | null;
      readonly idempotencyKey: string | null;
      readonly behaviour: boolean;
    }
  | {
      readonly verb: 'append';
      readonly tag: string;
      readonly mark: string;
      readonly length: number;
    }
  | { readonly verb: 'update'; readonly tag: string; readonly mark: string }
  | { readonly verb: 'add'; readonly tag: string; readonly by: number }
  | { readonly verb: 'run'; readonly tag: string; readonly op: string }
  | { readonly verb: 'end'; readonly tag: string; readonly reason: EndReason }
  | { readonly verb: 'pause' | 'resume' | 'rotate' | 'touch' | 'fail'; readonly tag: string };

/** What was acknowledged, as far as it is not in the request. */
export interface Acknowledged {
  readonly tag?: string;
  readonly id?: string;
  readonly seq?: number;
  readonly count?: number;
  readonly reason?: EndReason;
}

/** One session as a new process finds it. */
export interface Found {
  readonly tag: string;
  readonly id: string;
  readonly principal: string | null;
  readonly key: string | null;
  readonly state: SessionState;
  readonly reason: EndReason | null;
  /** `null`: it was gone, or had ended, by the time it was read. */
  readonly data: { readonly count: number; readonly last: string } | null;
  /** Its messages: number, mark, length of the content behind it. */
  readonly messages: readonly (readonly [seq: number, mark: string, length: number])[] | null;
  /** Its journal: the numbers of the first and the last entry, and what is there of its durable operations. */
  readonly journal: {
    readonly first: number;
    readonly last: number;
    readonly entries: number;
    /** The last phase of each operation. */
    readonly ops: Readonly<Record<string, 'started' | 'interrupted' | 'finished'>>;
  } | null;
}

/** All a new process finds, before anybody asks anything of it. */
export interface Report {
  /** Wall time after the list was read. */
  readonly at: number;
  readonly found: readonly Found[];
  /** Old ids that led to something. */
  readonly led: readonly string[];
}

/** One line. */
export type Said =
  | { readonly t: 'start' | 'loaded' | 'opened' | 'checked' | 'load' | 'draining' }
  | { readonly t: 'report' | 'rested'; readonly report: Report }
  | { readonly t: 'adds'; readonly tag: string; readonly adds: readonly number[] }
  | { readonly t: 'ask'; readonly n: number; readonly at: number; readonly ask: Ask }
  | { readonly t: 'ack'; readonly n: number; readonly ack: Acknowledged }
  | { readonly t: 'no'; readonly n: number; readonly code: string }
  | { readonly t: 'init'; readonly tag: string; readonly id: string }
  | { readonly t: 'cleanup' | 'terminated'; readonly tag: string; readonly reason: EndReason }
  | { readonly t: 'handler'; readonly tag: string; readonly op: string }
  | {
      readonly t: 'interrupted';
      readonly tag: string;
      readonly op: string;
      readonly again: boolean;
    }
  | { readonly t: 'did'; readonly what: string }
  | { readonly t: 'problem'; readonly text: string }
  | { readonly t: 'drained'; readonly left: readonly string[] };

/** What a process under load is to do. */
export interface Orders {
  /** The built package. */
  readonly product: string;
  readonly folder: string;
  readonly seed: number;
  readonly round: number;
  /** Ids that sessions had before: nothing may be found under them. */
  readonly oldIds: readonly string[];
  /** It kills itself in the very moment after so many acknowledgements; `null`: it does not. */
  readonly dieAtAck: number | null;
  /** It asks nothing: all that was begun comes to its end, and is read again. */
  readonly rest: boolean;
  readonly fault: PlantedFault | null;
}

/** How long the records of ended sessions are kept, ms. */
export const TOMBSTONE_MS = 2_000;
