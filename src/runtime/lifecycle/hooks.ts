import type { EndReason, SessionState } from '../../../machines/index.ts';
import type { Session } from '../session.ts';

/** What went wrong where, as `onError` is told. */
export interface HookErrorInfo<Data = unknown> {
  /** The session it happened to; `null` for the runtime itself. */
  readonly session: Session<Data> | null;
  /** What was being done: `onCreated`, `cleanup`, `behaviour`, … */
  readonly where: string;
}

/**
 * What the host application is told of its sessions, each after its commit. Hooks observe: they run one after
 * another per session, 5 s each (`hookTimeoutMs`), and one that throws or hangs is reported and never stops the
 * lifecycle. At most 100 wait per session; what comes then is reported and not run.
 *
 * `onTerminated` runs at least once, also across a crash: make it idempotent.
 */
export interface Hooks<Data = unknown> {
  readonly onCreated?: (session: Session<Data>) => void | Promise<void>;
  /** Every step, but for the last one (to `terminated`) where there is an `onTerminated`, which tells of it. */
  readonly onStateChanged?: (
    session: Session<Data>,
    change: { readonly from: SessionState; readonly to: SessionState },
  ) => void | Promise<void>;
  /**
   * The last one of a session, once, when its end is recorded and `cleanup` has run; its tombstone comes after it, so
   * to wait for `terminate` in it is to wait for itself. Hooks that still wait 5 s (`hookTimeoutMs`) after the end
   * began are not run.
   */
  readonly onTerminated?: (session: Session<Data>, reason: EndReason) => void | Promise<void>;
  /** A hook, `cleanup`, a behaviour, a listener … failed: whatever is told as `runtime.error`. What it throws is dropped. */
  readonly onError?: (error: unknown, info: HookErrorInfo<Data>) => void | Promise<void>;
}
