import type { AnyActorLogic, SnapshotFrom, Subscription } from 'xstate';
import type { Session } from '../session.ts';

/**
 * When a behaviour is started again. `permanent`: whenever it stops, done or failed. `transient`: when it failed.
 * `temporary`: never; the session goes on without it.
 */
export type RestartPolicy = 'permanent' | 'transient' | 'temporary';

/**
 * How a behaviour is started again. A failed one goes on from its last recorded snapshot, or from its input where it has
 * none or fails twice of that within 5 s each; one that is done begins anew from its input. What it did since that
 * record is lost, with what it emitted meanwhile: effects of its own must bear being done twice.
 *
 * A restored machine is in the state it was in, be it restarted or woken with its session: entry actions are not run
 * again, and a promise or a callback that was running is started anew. Its delays (`after`, and events sent with a delay)
 * are due when they were due; those that are over come at once. One that handles the type `session.restored` is sent
 * `{ type: 'session.restored', from }` before its delays: from `'hibernation'`, its session was put away; `'crash'`,
 * its process was gone; `'failure'`, it is restarted. A machine that handles `*` is sent it only where it names it too.
 * The type is refused from outside.
 */
export interface RestartOptions {
  /** Default `'transient'`. */
  readonly policy?: RestartPolicy;
  /** The wait before the first restart, ms, above 0; default 500. Doubled at each failure, shortened by jitter. */
  readonly backoffMs?: number;
  /** The longest wait, ms, at least `backoffMs`; default 30 s. */
  readonly maxBackoffMs?: number;
  /**
   * So many incarnations in a row that failed end the session with `crashed`; at least 1, default 5, `Infinity` for
   * never. One that is done is no failure, and breaks the row. A restart from the input does not: where the behaviour
   * only waits after it, the session goes on, with the count as it stands.
   */
  readonly maxFailures?: number;
  /** An incarnation that ran so long before it failed begins a new row: count and wait, ms; default 10 min. */
  readonly healthyAfterMs?: number;
}

/**
 * The user's own XState logic, run as a session's supervised child. It ends the moment its session's end begins. It has
 * no parent to talk to: `sendParent` and `sendBack` are dropped and reported; use `emit`, which is told as
 * `session.emitted` once the snapshot it belongs to is recorded, or the session's own methods. A `systemId` is known to
 * that one incarnation of that one session's behaviour, and to nobody else.
 *
 * Its snapshot is kept for a restart at each change, so it must be JSON all through: what it has in its context, and the
 * input of what it invokes. The `session` it was given is the exception: it is put back. Where something else is found
 * (a Date, an Error, a function, another session's reference, an actor spawned without a name), that is reported once,
 * and a restart starts from the input while it is there. So keep ids and plain data, and look up the rest. An event that
 * waits for its delay is part of the snapshot: it must be JSON, without the `session`, and for an actor of this behaviour.
 */
export interface BehaviourSpec<Data = unknown> extends RestartOptions {
  /** Any XState logic: a machine, a promise, a transition function … */
  readonly logic: AnyActorLogic;
  /**
   * Its input; default: `{ session, input }`, the reference and what `create` was given. Called at each start that is
   * not from a snapshot. What it throws is a failed start, and counted like any failure.
   */
  readonly input?: (context: {
    readonly session: Session<Data>;
    readonly input: unknown;
  }) => unknown;
  /**
   * Event types let in by `session.send`, `order.*` for all that begin so; default: those the machine handles; all but
   * `xstate.*` for other logic. A machine that handles `*` takes every type, and XState keeps a note of each for ever:
   * name them here where they come from outside.
   */
  readonly events?: readonly string[];
  /**
   * The version of the logic, as far as what is stored of it goes: whole, at least 1, default 1. Raise it with each change
   * that an older snapshot does not fit (a state, an event with a delay or a field of the context renamed or gone, another
   * input), and give the step to it in `migrate`; the id of a machine stays. `shapeOf` of `holdfast/testing` helps to
   * notice. A stored session that cannot be brought to this version stays stored, and what needs its behaviour rejects
   * with `SessionUnreadableError`; it is the same with an older process that meets a newer version.
   */
  readonly version?: number;
  /**
   * From a version to the next, by the one they lead on from: `1` makes what version 2 goes on from of what version 1 left.
   * Left out, none: sessions of older versions cannot be read. Keep the steps for as long as such sessions may be stored.
   *
   * A step is given a copy of what `getPersistedSnapshot` gave, and of the input of `create`, and returns both. It is
   * synchronous and pure: it may be called more than once for the same session, also where that is only looked at. What
   * it makes is in memory, and recorded with the session's next commit. `snapshot` is `null` where the behaviour is to
   * begin from its input; returned as `null`, it does. Where the `session` stood, there is a text that is another one at
   * each call: leave it where it is, or move it. Delays stay as they are: one whose event the machine does not know any
   * more is lost, and the ids of its states are in the events of `after`. A step that throws, or makes what JSON cannot
   * carry, leaves the session unreadable.
   */
  readonly migrate?: Readonly<
    Record<
      number,
      (kept: { readonly snapshot: unknown; readonly input: unknown }) => {
        readonly snapshot: unknown;
        readonly input: unknown;
      }
    >
  >;
}

/**
 * What a behaviour is doing. `starting`: its session is not ready yet. `failed`: it failed and is not started again.
 * `stopped`: its session ends. `stored`: its session is not in memory.
 */
export type BehaviourStatus =
  | 'starting'
  | 'running'
  | 'restarting'
  | 'done'
  | 'failed'
  | 'stopped'
  | 'stored';

/** A session's behaviour, to look at. It has no `send` and no `stop`: use `session.send`. */
export interface BehaviourView {
  /** The name it is registered under. */
  readonly name: string;
  /** 1 for the first start, +1 at each restart; 0 before. */
  readonly incarnation: number;
  readonly status: BehaviourStatus;
  /** The snapshot of the running actor, or the last one of an actor that has stopped: with `error` if it failed. */
  getSnapshot(): SnapshotFrom<AnyActorLogic>;
  /**
   * Hears snapshots from now on, across restarts, until the session's end begins: each is told at once, before it is
   * recorded. What the listener throws is reported and hurts nobody.
   */
  subscribe(listener: (snapshot: SnapshotFrom<AnyActorLogic>) => void): Subscription;
}
