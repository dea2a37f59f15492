/**
 * Which ids have left the store, or ended in it, while a read of it was under way: its answer may be older than that, and
 * what it says of them is not so any more. Nothing is remembered while nothing is read.
 */
export class StaleReads {
  readonly #left = new Set<string>();
  #reading = 0;

  /** A read begins. Returns what to call once its answer has been used; twice is once. */
  begin(): () => void {
    this.#reading += 1;
    let under = true;
    return () => {
      if (!under) return;
      under = false;
      this.#reading -= 1;
      if (this.#reading === 0) this.#left.clear();
    };
  }

  /** The session of that id has ended, or has another one. */
  left(id: string): void {
    if (this.#reading > 0) this.#left.add(id);
  }

  /** Whether an answer that was asked for before may be out of date about it. */
  has(id: string): boolean {
    return this.#left.has(id);
  }
}
