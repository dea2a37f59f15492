import type { EndReason, SessionState } from '../../machines/index.ts';
import type { GapKind } from '../time/gap.ts';

/** What every event of a session carries. */
export interface SessionEventHead {
  /** The session it is about. */
  readonly id: string;
  /** Whom the session belongs to; `null` is anonymous. */
  readonly principal: string | null;
  /** 1, 2, 3 … within the session, without a hole. */
  readonly seq: number;
  /** Wall time at which it happened, ms since the epoch. It may be told later: after its commit. */
  readonly at: number;
}

/** How an operation came to its end. */
export type OperationOutcome = 'done' | 'failed' | 'aborted' | 'timed-out';

/** What a session tells on the session plane, in order, each only after its commit. */
export type SessionLifecycleEvent = SessionEventHead &
  (
    | { readonly type: 'session.created' }
    | { readonly type: 'session.ready' }
    | {
        readonly type: 'session.state-changed';
        readonly from: SessionState;
        readonly to: SessionState;
      }
    | { readonly type: 'session.attached'; readonly presences: number }
    | { readonly type: 'session.detached'; readonly presences: number }
    /** `missed` heartbeat intervals have passed without a sign of life. */
    | { readonly type: 'session.beat-missed'; readonly missed: number }
    /** The first missed beat of a row of them. */
    | { readonly type: 'session.late' }
    /** A sign of life after having been late. */
    | { readonly type: 'session.recovered' }
    /**
     * An operation has its place and its work is called now (a durable one: its start is recorded). One that waits for its
     * place has told nothing yet.
     */
    | {
        readonly type: 'session.operation-started';
        readonly operation: string;
        readonly name: string;
      }
    /**
     * Told once for each `operation-started`, and never without one: an operation that is aborted, or whose time is over,
     * before it started is told of to its caller only. Of a durable one it is told once its outcome is recorded; where a
     * drain cuts it short it has none, and is told as `aborted` at once: the next wake finds it interrupted.
     */
    | {
        readonly type: 'session.operation-finished';
        readonly operation: string;
        readonly name: string;
        readonly outcome: OperationOutcome;
      }
    /** An operation that outlived its process: found unfinished at recovery. */
    | {
        readonly type: 'session.interrupted';
        readonly operation: string;
        readonly name: string;
      }
    /** A message was appended to the conversation: `journalSeq` is its `seq`. */
    | { readonly type: 'session.appended'; readonly journalSeq: number }
    /** The data of the session was changed. */
    | { readonly type: 'session.updated' }
    /** The behaviour failed; it is started again in `inMs`. */
    | {
        readonly type: 'session.behaviour-failed';
        readonly incarnation: number;
        readonly error: unknown;
        readonly restartInMs: number | null;
      }
    /** The behaviour was started again. */
    | { readonly type: 'session.restarted'; readonly incarnation: number }
    /** The behaviour reached its end and is not started again. */
    | { readonly type: 'session.behaviour-done'; readonly output: unknown }
    /** The behaviour emitted an event of its own. */
    | {
        readonly type: 'session.emitted';
        readonly event: { readonly type: string; readonly [field: string]: unknown };
      }
    /** It has a new id. `id` is the new one. */
    | { readonly type: 'session.rotated' }
    /** It was quiet and is not in memory any more: nothing of it is lost, and the next call that needs it wakes it. */
    | { readonly type: 'session.hibernated' }
    /** It is in memory again. `crash`: something was recorded of it, and then its process was gone without putting it away. */
    | { readonly type: 'session.woken'; readonly from: 'hibernation' | 'crash' }
    | { readonly type: 'session.paused' }
    | { readonly type: 'session.resumed' }
    | { readonly type: 'session.ended'; readonly reason: EndReason }
  );

/** What the runtime tells about itself. */
export type RuntimeLifecycleEvent = { readonly at: number } & (
  | { readonly type: 'runtime.draining' }
  /** A commit failed; it is tried again until it succeeds. Told once until `store-recovered`. */
  | { readonly type: 'runtime.store-failing'; readonly error: unknown }
  | { readonly type: 'runtime.store-recovered' }
  /**
   * The process stalled or slept, the wall clock stepped, or (`downtime`) no process was there: silence deadlines get a
   * fresh window.
   */
  | { readonly type: 'runtime.time-gap'; readonly kind: GapKind; readonly gapMs: number }
  /** A listener or a background task threw. Nothing else was touched. */
  | { readonly type: 'runtime.error'; readonly where: string; readonly error: unknown }
);

/** Everything the session plane tells. */
export type LifecycleEvent = SessionLifecycleEvent | RuntimeLifecycleEvent;

/** Hears events. What it throws is reported as `runtime.error` and stops nothing. */
export type Listener<E> = (event: E) => void;

/** Ends a subscription; twice is once. */
export type Unsubscribe = () => void;
