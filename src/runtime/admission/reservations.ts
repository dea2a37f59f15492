/**
 * Slots that an evicted session has left to the one it was evicted for. They are counted as taken, of the runtime and
 * of the principal, until that one is let in, a microtask later: nobody gets in between.
 */
export class Reservations {
  readonly #byPrincipal = new Map<string, number>();
  #size = 0;

  /** All of them. */
  get size(): number {
    return this.#size;
  }

  /** Those of one principal. */
  of(principal: string): number {
    return this.#byPrincipal.get(principal) ?? 0;
  }

  add(principal: string): void {
    this.#size += 1;
    this.#byPrincipal.set(principal, this.of(principal) + 1);
  }

  /** Gives one back that was added. */
  release(principal: string): void {
    this.#size -= 1;
    const left = this.of(principal) - 1;
    if (left > 0) this.#byPrincipal.set(principal, left);
    else this.#byPrincipal.delete(principal);
  }
}
