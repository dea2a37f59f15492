/**
 * Slots that are promised: left by a session to the one that it made way for, or kept for one that is being woken. They
 * are counted as taken, of the runtime and of the principal, until that one is let in: nobody gets in between.
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

  /** One more, for a session of this principal; `null`: of nobody in particular. */
  add(principal: string | null): void {
    this.#size += 1;
    if (principal === null) return;
    this.#byPrincipal.set(principal, this.of(principal) + 1);
  }

  /** Gives one back that was added. */
  release(principal: string | null): void {
    this.#size -= 1;
    if (principal === null) return;
    const left = this.of(principal) - 1;
    if (left > 0) this.#byPrincipal.set(principal, left);
    else this.#byPrincipal.delete(principal);
  }
}
