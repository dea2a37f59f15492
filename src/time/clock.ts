import type { SchedulerLike } from 'rxjs';

/**
 * The only source of time in Holdfast. Everything that waits, waits on its `scheduler`; nothing else in
 * the code names `setTimeout`, `Date.now` or `performance.now`.
 *
 * There are two axes because they answer two questions. *How long has this been quiet?* is measured on
 * `mono`, which no clock step can move. *Is the promised time over?* is measured on `wall`.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin. Never steps, never goes back. */
  mono(): number;
  /** Milliseconds since the Unix epoch. May step either way. */
  wall(): number;
  /**
   * Runs work later. Its `now()` is `mono()`; it never holds the process open; a delay of any length is
   * honoured (Node's own timers fire at once past 2^31-1 ms).
   */
  readonly scheduler: SchedulerLike;
  /**
   * Keeps the process from exiting until what it returns is called. Left out where there is no process to hold, as in a
   * test. Used while the runtime drains: ends that wait for the store would otherwise be lost with an early exit.
   */
  readonly hold?: () => () => void;
}
