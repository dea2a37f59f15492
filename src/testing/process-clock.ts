import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../time/clock.ts';
import type { ScheduledAction, VirtualClock } from '../time/virtual-clock.ts';

/** Whose each action is. */
const owners = new WeakMap<object, ProcessClock>();

/**
 * A virtual clock as one process has it. Its monotonic axis begins at 0 with the process. When the process dies, what it
 * had scheduled goes, and what its code still schedules is never done.
 */
export class ProcessClock implements Clock {
  readonly scheduler: SchedulerLike;
  readonly test: object;
  readonly #clock: VirtualClock;
  readonly #bornAt: number;
  #dead = false;

  /** @param test whose process it is: one test's may come one after another */
  constructor(clock: VirtualClock, test: object) {
    this.test = test;
    this.#clock = clock;
    this.#bornAt = clock.mono();
    this.scheduler = {
      now: () => this.mono(),
      schedule: <T>(
        work: (this: SchedulerAction<T>, state?: T) => void,
        delay?: number,
        state?: T,
      ): Subscription => this.#schedule(work, delay, state),
    };
  }

  mono(): number {
    return this.#clock.mono() - this.#bornAt;
  }

  wall(): number {
    return this.#clock.wall();
  }

  /** Whether this action was scheduled here; `null`: on no process's clock. */
  static ownerOf({ action }: ScheduledAction): ProcessClock | null {
    return owners.get(action) ?? null;
  }

  #schedule<T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delayMs: number | undefined,
    state: T | undefined,
  ): Subscription {
    const isDead = (): boolean => this.#dead;
    const action = this.#clock.scheduler.schedule<T>(
      function (now) {
        if (!isDead()) work.call(this, now);
      },
      isDead() ? Number.POSITIVE_INFINITY : delayMs,
      state,
    );
    owners.set(action, this);
    return action;
  }

  /** The process is gone. */
  die(): void {
    this.#dead = true;
    for (const scheduled of this.#clock.scheduled()) {
      if (ProcessClock.ownerOf(scheduled) === this) scheduled.action.unsubscribe();
    }
  }
}
