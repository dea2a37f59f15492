/**
 * So many wakes are under way at once; the others begin in the order in which they were asked for, as places come free. A
 * thousand clients that come back together are then taken in as the store answers, and the loop hears everybody else in
 * between. One that finds a place begins at once.
 */
export class WakeQueue {
  readonly #most: number;
  #underWay = 0;
  #waiting: (() => void)[] = [];
  /** Those before it have had their turn. */
  #head = 0;

  /** @param most at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many are under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** How many wait for a place. */
  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** Makes a wake once there is a place for it. Settles as that does. */
  run(wake: () => Promise<void>): Promise<void> {
    if (this.#underWay < this.#most) {
      this.#underWay += 1;
      return this.#begin(wake);
    }
    return new Promise<void>((resolve) => {
      this.#waiting.push(() => resolve(this.#begin(wake)));
    });
  }

  #begin(wake: () => Promise<void>): Promise<void> {
    const over = (): void => this.#passOn();
    const waking = wake();
    waking.then(over, over);
    return waking;
  }

  /** A place is free: the next one has it, or nobody. */
  #passOn(): void {
    const next = this.#waiting[this.#head];
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    next();
  }
}
