import { HoldfastError, InvalidOptionError } from '../errors.ts';
import { ActionTrace } from './action-trace.ts';
import type { Clock } from './clock.ts';
import { Ticker } from './ticker.ts';

/** Options of `createVirtualClock`. */
export interface VirtualClockOptions {
  /** What the wall clock says at the start, ms since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly wall?: number;
  /**
   * The most actions one `advance` runs without time moving on, at least 1. Default 100,000. Work that
   * re-schedules itself with no delay would otherwise never let `advance` return.
   */
  readonly maxActions?: number;
  /** Whether `scheduled()` says where each action was scheduled from; default no. Costs about 8 µs an action. */
  readonly traced?: boolean;
}

/** An action that is scheduled on a virtual clock. */
export interface ScheduledAction {
  /** What `schedule` returned: unsubscribe it to take it out. */
  readonly action: { unsubscribe(): void };
  /** In how much time it is due, ms; 0: it is overdue. */
  readonly inMs: number;
  /** The calls that led to it, innermost first, without those of libraries; `null` where that was not noted. */
  readonly by: string | null;
}

/**
 * Time that moves only when a test says so. The monotonic axis starts at 0.
 *
 * It knows promises but not the world outside the event loop: work in a worker thread, on a disk or on a
 * socket takes real time, and a test has to await it before it advances.
 */
export interface VirtualClock extends Clock {
  /**
   * Moves both axes on by `ms`, stopping at each action that falls due: one action runs at a time, and all
   * promise chains settle before the next. Calls made at once run one after another.
   * @throws InvalidOptionError when `ms` is negative, NaN or infinite.
   * @throws HoldfastError `ERR_HOLDFAST_TIMEOUT` when `maxActions` ran and time could not move on: it says what is
   *   scheduled, and where from.
   * @throws what an action threw, after the end was reached (an AggregateError when several did).
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves both axes on by `ms` and runs nothing: an event loop that was held up. What fell due meanwhile runs,
   * late, at the next `advance`, `advance(0)` included.
   * @throws InvalidOptionError when `ms` is negative, NaN or infinite.
   */
  stall(ms: number): void;
  /**
   * Moves only the wall clock on by `ms`: a machine that was asleep.
   * @throws InvalidOptionError when `ms` is negative, NaN or infinite.
   */
  suspend(ms: number): void;
  /**
   * Sets the wall clock forward, or back with a negative `ms`: an operator, or a time server.
   * @throws InvalidOptionError when `ms` is NaN or infinite.
   */
  stepWall(ms: number): void;
  /** Lets all promise chains settle. No time passes and no action runs. */
  settle(): Promise<void>;
  /** How many actions are scheduled. */
  readonly pending: number;
  /** How long it is until the next action is due, ms: 0 where one is late, `null` where none is scheduled. */
  readonly nextDueInMs: number | null;
  /** What is scheduled, earliest first. */
  scheduled(): readonly ScheduledAction[];
}

/** A clock for tests. @throws InvalidOptionError for an option that is not allowed. */
export const createVirtualClock = (options: VirtualClockOptions = {}): VirtualClock =>
  new SteppedClock(options);

// Bound at load, so that a test that replaces the global timers does not stop this clock too.
const onNextTurn = setImmediate;

class SteppedClock implements VirtualClock {
  readonly scheduler: Ticker;
  readonly #maxActions: number;
  readonly #trace: ActionTrace;
  readonly #traced: boolean;
  #mono = 0;
  /** Wall minus monotonic: one number to move, so that the axes cannot drift apart by rounding. */
  #wallOffset: number;
  #lastAdvance: Promise<void> = Promise.resolve();

  constructor(options: VirtualClockOptions) {
    const { wall = Date.UTC(2026, 0, 1), maxActions = 100_000, traced = false } = options;
    this.#wallOffset = finite('wall', wall);
    if (!(maxActions >= 1)) throw new InvalidOptionError('maxActions', maxActions, 'at least 1');
    this.#maxActions = maxActions;
    this.#traced = traced;
    this.#trace = new ActionTrace(traced);
    this.scheduler = new Ticker(
      () => this.#mono,
      () => {},
      this.#trace,
    );
  }

  mono(): number {
    return this.#mono;
  }

  wall(): number {
    return this.#mono + this.#wallOffset;
  }

  get pending(): number {
    return this.scheduler.pending;
  }

  get nextDueInMs(): number | null {
    const due = this.scheduler.nextDue();
    return due === null ? null : Math.max(0, due - this.#mono);
  }

  scheduled(): readonly ScheduledAction[] {
    return this.scheduler.list().map((action) => ({
      action,
      inMs: Math.max(0, action.due - this.#mono),
      by: this.#trace.callersOf(action),
    }));
  }

  async advance(ms: number): Promise<void> {
    span('advance(ms)', ms);
    const done = this.#lastAdvance.then(() => this.#run(ms));
    this.#lastAdvance = done.catch(() => {});
    return done;
  }

  stall(ms: number): void {
    this.#mono += span('stall(ms)', ms);
  }

  suspend(ms: number): void {
    this.#wallOffset += span('suspend(ms)', ms);
  }

  stepWall(ms: number): void {
    this.#wallOffset += finite('stepWall(ms)', ms);
  }

  settle(): Promise<void> {
    // A turn of the loop comes only when no microtask is left, however deep the chains are.
    return new Promise((resolve) => onNextTurn(resolve));
  }

  async #run(ms: number): Promise<void> {
    await this.settle();
    const end = this.#mono + ms;
    const errors: unknown[] = [];
    let ranHere = 0;
    for (;;) {
      const due = this.scheduler.nextDue();
      if (due === null || due > end) break;
      if (due > this.#mono) {
        this.#mono = due;
        ranHere = 0;
      }
      if (ranHere === this.#maxActions) throw this.#stuck(ms);
      // It looks like one that never ends: who schedules what is noted, to be told.
      this.#trace.enabled = this.#traced || ranHere >= this.#maxActions - TRACED_AT_LAST;
      ranHere += 1;
      try {
        this.scheduler.runNext();
      } catch (error) {
        errors.push(error);
      }
      await this.settle();
      this.#trace.ran();
    }
    // An action may have called `stall` and be past the end already.
    this.#mono = Math.max(this.#mono, end);
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} actions threw.`);
    if (errors.length === 1) throw errors[0];
  }

  #stuck(ms: number): HoldfastError {
    return new HoldfastError(
      'ERR_HOLDFAST_TIMEOUT',
      `advance(${ms}) ran ${this.#maxActions} actions at ${this.#mono} ms without time moving on; ` +
        `${this.pending} are still pending. Something re-schedules itself with no delay, or maxActions is too low. ` +
        `Next: ${this.#next()}.`,
    );
  }

  /** What is due next, each place it was scheduled from once. */
  #next(): string {
    const next = this.scheduled().slice(0, LISTED);
    const places = next.map(
      ({ inMs, by }) => `in ${inMs} ms, scheduled by ${by ?? 'an earlier one'}`,
    );
    return [...new Set(places)].join('; ');
  }
}

/** So many actions before it gives up, `advance` begins to note where they are scheduled from. */
const TRACED_AT_LAST = 100;
/** Actions that its error lists. */
const LISTED = 5;

const finite = (name: string, ms: number): number => {
  if (!Number.isFinite(ms)) throw new InvalidOptionError(name, ms, 'a finite number of ms');
  return ms;
};

const span = (name: string, ms: number): number => {
  if (!(Number.isFinite(ms) && ms >= 0))
    throw new InvalidOptionError(name, ms, 'a finite number of ms, 0 or more');
  return ms;
};
