import type { AnyActorLogic, SnapshotFrom, Subscription } from 'xstate';
import type { Session } from './session.ts';

/**
 * When a behaviour is started again. `permanent`: whenever it stops, done or failed. `transient`: when it failed.
 * `temporary`: never; the session goes on without it.
 */
export type RestartPolicy = 'permanent' | 'transient' | 'temporary';

/** How a failed behaviour is started again. Policy as data; the mechanism is one. */
export interface RestartOptions {
  /** Default `'transient'`. */
  readonly policy?: RestartPolicy;
  /** The wait before the first restart, ms, above 0; default 500. Doubled each time, shortened by jitter. */
  readonly backoffMs?: number;
  /** The longest wait, ms; default 30 s. */
  readonly maxBackoffMs?: number;
  /** So many incarnations in a row that failed end the session with `crashed`; at least 1, default 5. */
  readonly maxFailures?: number;
  /** So long without a failure sets count and backoff back, ms; default 10 min. */
  readonly healthyAfterMs?: number;
}

/** The user's own XState logic, run as a session's supervised child. */
export interface BehaviourSpec<Data = unknown> extends RestartOptions {
  /** Any XState logic: a machine, a promise, a transition function … */
  readonly logic: AnyActorLogic;
  /** Its input; default: `{ session, input }`, the reference and what `create` was given. Must not throw. */
  readonly input?: (context: {
    readonly session: Session<Data>;
    readonly input: unknown;
  }) => unknown;
  /** Event types let in by `session.send`; default: those the machine names; all but `xstate.*` for other logic. */
  readonly events?: readonly string[];
}

/** What a behaviour is doing. */
export type BehaviourStatus = 'running' | 'restarting' | 'done' | 'failed' | 'stopped';

/** A session's behaviour, to look at. It has no `send` and no `stop`: use `session.send`. */
export interface BehaviourView {
  /** The name it is registered under. */
  readonly name: string;
  /** 1 for the first start, +1 at each restart. */
  readonly incarnation: number;
  readonly status: BehaviourStatus;
  /** The snapshot of the running actor, or the last one of an actor that has stopped. */
  getSnapshot(): SnapshotFrom<AnyActorLogic>;
  /** Hears snapshots, across restarts. What the listener throws is reported and hurts nobody. */
  subscribe(listener: (snapshot: SnapshotFrom<AnyActorLogic>) => void): Subscription;
}
