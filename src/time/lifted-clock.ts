import type { Clock } from './clock.ts';

/**
 * A clock whose wall time can be lifted: for a process that starts with a wall clock below what it has seen before. Steps
 * are as the inner clock makes them.
 */
export class LiftedClock implements Clock {
  readonly scheduler: Clock['scheduler'];
  readonly hold?: () => () => void;
  readonly #inner: Clock;
  #liftMs = 0;

  constructor(inner: Clock) {
    this.#inner = inner;
    this.scheduler = inner.scheduler;
    if (inner.hold !== undefined) this.hold = inner.hold.bind(inner);
  }

  mono(): number {
    return this.#inner.mono();
  }

  wall(): number {
    return this.#inner.wall() + this.#liftMs;
  }

  /** Wall time is higher by so much from now on, ms, above 0. */
  lift(ms: number): void {
    this.#liftMs += ms;
  }
}
