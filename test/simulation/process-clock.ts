import type { Clock } from '../../src/time/clock.ts';
import { Ticker } from '../../src/time/ticker.ts';
import type { VirtualClock } from '../../src/time/virtual-clock.ts';

/**
 * The world's clock as one process sees it. When the process dies, what it had scheduled is gone, and what code of it
 * that still runs schedules is never done: a dead process does not act.
 */
export class ProcessClock implements Clock {
  readonly scheduler: Ticker;
  readonly #world: VirtualClock;
  #alarm: { unsubscribe(): void } | null = null;
  #dead = false;

  constructor(world: VirtualClock) {
    this.#world = world;
    this.scheduler = new Ticker(
      () => world.mono(),
      (dueMono) => this.#arm(dueMono),
    );
  }

  mono(): number {
    return this.#world.mono();
  }

  wall(): number {
    return this.#world.wall();
  }

  /** How many actions are scheduled. */
  get pending(): number {
    return this.#dead ? 0 : this.scheduler.pending;
  }

  die(): void {
    this.#dead = true;
    this.#alarm?.unsubscribe();
    this.#alarm = null;
  }

  #arm(dueMono: number | null): void {
    this.#alarm?.unsubscribe();
    this.#alarm = null;
    if (dueMono === null || this.#dead) return;
    this.#alarm = this.#world.scheduler.schedule(
      () => {
        if (!this.#dead) this.scheduler.runDue();
      },
      Math.max(0, dueMono - this.#world.mono()),
    );
  }
}
