import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { ActionQueue, type QueuedAction } from './action-queue.ts';
import type { ActionTrace } from './action-trace.ts';

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

/** An action that waits, to look at: it is what `schedule` returned. */
export interface PendingAction {
  /** Monotonic ms. */
  readonly due: number;
  /** Takes it out. */
  unsubscribe(): void;
}

/**
 * The RxJS scheduler of both clocks: a queue of pending actions and one alarm, which the clock provides.
 *
 * It differs from RxJS's own `asyncScheduler` where that one hurts a server: its `now()` is monotonic, it
 * needs one native timer however much is scheduled, and that timer is the clock's to unref.
 */
export class Ticker implements SchedulerLike {
  readonly #now: () => number;
  readonly #arm: (dueMono: number | null) => void;
  readonly #queue = new ActionQueue<TickerAction>();
  readonly #seat: Seat;
  readonly #trace: ActionTrace | null;
  #sequence = 0;
  #running = false;
  #armedFor: number | null = null;

  /**
   * @param now reads the monotonic axis, ms.
   * @param arm is told the time of the earliest action whenever that changes (`null`: nothing is pending) and
   *   calls `runDue` then. It may do so early or late: `runDue` looks at the time itself and arms again.
   * @param trace is told of each action, where there is one.
   */
  constructor(
    now: () => number,
    arm: (dueMono: number | null) => void,
    trace: ActionTrace | null = null,
  ) {
    this.#trace = trace;
    this.#now = now;
    this.#arm = arm;
    this.#seat = {
      take: (action, delayMs) => this.#take(action, delayMs),
      leave: (action) => this.#leave(action),
    };
  }

  /** Monotonic ms; not the wall time that RxJS's own schedulers give. */
  now(): number {
    return this.#now();
  }

  /** How many actions wait. One scheduled for `Infinity` never fires and is not counted. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Those that wait, earliest first. O(n log n). */
  list(): readonly PendingAction[] {
    return this.#queue.list().toSorted((a, b) => a.due - b.due || a.sequence - b.sequence);
  }

  /** When the earliest action is due, monotonic ms; `null` when none is pending. */
  nextDue(): number | null {
    return this.#queue.peek()?.due ?? null;
  }

  /**
   * Runs `work` once after `delay` ms, and again whenever the work calls `this.schedule`. NaN and negative
   * delays count as 0; `Infinity` never fires. Unsubscribing takes the action out of the queue at once.
   */
  schedule<T>(work: Work<T>, delay = 0, state?: T): Subscription {
    return new Action<T>(this.#seat, work).schedule(state, delay);
  }

  /**
   * Runs all that is due now, in order. What is scheduled meanwhile, even with delay 0, waits for the next
   * call, so that I/O gets its turn. An action that throws is unsubscribed and stops no other one.
   * @throws the first error of an action, after the last one ran; further errors are thrown one by one by the
   *   next calls, so that none is lost.
   */
  runDue(): void {
    const nowMono = this.#now();
    const fence = this.#sequence;
    const errors: unknown[] = [];
    this.#running = true;
    for (;;) {
      const action = this.#queue.peek();
      if (action === undefined || action.due > nowMono || action.sequence >= fence) break;
      this.#queue.remove(action);
      try {
        action.execute();
      } catch (error) {
        errors.push(error);
      }
    }
    for (const error of errors.slice(1)) {
      this.schedule(() => {
        throw error;
      });
    }
    this.#running = false;
    // The alarm has gone off: whatever it was set for, it must be set anew.
    this.#armedFor = null;
    this.#rearm();
    if (errors.length > 0) throw errors[0];
  }

  /** Runs the earliest action if it is due now, and nothing else. Throws what the action throws. */
  runNext(): void {
    const action = this.#queue.peek();
    if (action === undefined || action.due > this.#now()) return;
    this.#queue.remove(action);
    this.#trace?.runs(action);
    try {
      action.execute();
    } finally {
      this.#rearm();
    }
  }

  #take(action: TickerAction, delayMs: number): void {
    this.#queue.remove(action);
    const waitMs = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
    if (waitMs !== Number.POSITIVE_INFINITY) {
      action.due = this.#now() + waitMs;
      action.sequence = this.#sequence++;
      this.#queue.push(action);
      this.#trace?.taken(action);
    }
    this.#rearm();
  }

  #leave(action: TickerAction): void {
    this.#queue.remove(action);
    this.#rearm();
  }

  #rearm(): void {
    if (this.#running) return;
    const due = this.nextDue();
    if (due === this.#armedFor) return;
    this.#armedFor = due;
    this.#arm(due);
  }
}

/** What an action may ask of its ticker: a place in the queue, and out of it. */
interface Seat {
  take(action: TickerAction, delayMs: number): void;
  leave(action: TickerAction): void;
}

interface TickerAction extends QueuedAction, PendingAction {
  due: number;
  execute(): void;
}

class Action<T> extends Subscription implements SchedulerAction<T>, TickerAction {
  due = 0;
  sequence = 0;
  slot = -1;
  readonly #seat: Seat;
  #work: Work<T> | null;
  #state: T | undefined;

  constructor(seat: Seat, work: Work<T>) {
    super();
    this.#seat = seat;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.#state = state;
    this.#seat.take(this, delay);
    return this;
  }

  execute(): void {
    try {
      this.#work?.call(this, this.#state);
    } catch (error) {
      this.unsubscribe();
      throw error;
    }
    // It stays open though it may never run again: RxJS lets an action be re-scheduled later, from anywhere.
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.#work = null;
    this.#state = undefined;
    this.#seat.leave(this);
    super.unsubscribe();
  }
}
