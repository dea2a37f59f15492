import type { Operation } from '../host.ts';

/** An operation that waits for its place. */
export interface Waiting extends Operation {
  /** It has its place: called once. Must not throw. */
  start(): void;
}

/**
 * The operations of one session, in the order they were asked for: the first ones run, the others wait behind them. What
 * each costs does not depend on how many there are.
 */
export class WorkQueue {
  readonly #places: number;
  readonly #isOpen: () => boolean;
  readonly #operations = new Map<string, Waiting>();
  /**
   * Stands behind the last one that was given a place. A map's iterator sees what is added and removed while it is under
   * way, so the next it gives is the first that waits; it is only asked while one does, because once at its end it stays.
   */
  readonly #line = this.#operations.values();
  #running = 0;
  #filling = false;

  /**
   * @param places how many run at once.
   * @param isOpen whether one that waits may start now.
   */
  constructor(places: number, isOpen: () => boolean) {
    this.#places = places;
    this.#isOpen = isOpen;
  }

  /** Running and waiting. */
  get size(): number {
    return this.#operations.size;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#operations.size - this.#running;
  }

  /** Puts one at the end. Its id must not be there. */
  add(operation: Waiting): void {
    this.#operations.set(operation.id, operation);
  }

  /** Takes one out that is there. Its place is free: see `fillPlaces`. */
  remove(operation: Waiting): void {
    this.#operations.delete(operation.id);
    if (operation.state === 'running') this.#running -= 1;
  }

  get(id: string): Waiting | undefined {
    return this.#operations.get(id);
  }

  /** A copy: it may change while the list is gone through. */
  list(): Waiting[] {
    return [...this.#operations.values()];
  }

  /** Starts those that wait, first come first served, as long as there are places. */
  fillPlaces(): void {
    // One that ends as it starts leads here again: the loop that started it goes on.
    if (this.#filling) return;
    this.#filling = true;
    while (this.queued > 0 && this.#running < this.#places && this.#isOpen()) {
      const { value } = this.#line.next();
      if (value === undefined) break;
      this.#running += 1;
      value.start();
    }
    this.#filling = false;
  }
}
