import type { Unsubscribe } from '../../observe/events.ts';

/**
 * What one front-end keeps of a session, to have it again when the session is woken, by this process or a later one. It is
 * the front-end's own: no part of the data, no activity, and nobody is told of it.
 */
export interface FrontEndNotes {
  /**
   * What was set last, whether it is recorded yet or not: JSON, frozen. `null`: nothing is kept. Reading is no activity, needs
   * no wake, and goes on after the end.
   */
  readonly value: unknown;
  /**
   * Keeps this instead; `null` removes it. Resolves once it is recorded. No activity; wakes a stored session; allowed when
   * paused. Of two at once the last one stands. Rejects with `InvalidOptionError` for what JSON cannot carry or has no room
   * (`LIMITS.frontEndBytes` of JSON for all front-ends of a session together), `SessionTerminatedError`, or `StoreError` when
   * that commit failed: the value stands and is tried again.
   */
  set(value: unknown): Promise<void>;
  /**
   * `collect` is called whenever the session is about to be put away: for its rest, to make room, by a drain. What it returns
   * is kept instead, recorded with that; `undefined` leaves the value as it is. It is called in the middle of it: it returns
   * at once, and calls nothing of the session. What it throws, or returns in vain, is told as `runtime.error`; then the value
   * stays, and the session is put away all the same. Where the session is needed again in that moment, it stays in memory,
   * and the new value too. After a crash there is what was set, or collected before.
   *
   * One by a name: the newest takes the place of the one before. It is over once the session has been put away, so that it
   * holds nothing of a stored session: register again when the front-end takes it up again. On a stored session it waits
   * for the wake, for as long as you have this reference. Without a durable store nothing is put away, and it is never
   * called. Throws `SessionTerminatedError` after the end, and `InvalidOptionError` for what is no function.
   */
  atRest(collect: () => unknown): Unsubscribe;
}
