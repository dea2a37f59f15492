import { byCodePoint, hasHighCharacters } from './code-point-order.ts';

/**
 * Ids in order of their code points, sorted only when somebody looks. `add` and `delete` are O(1). The first `after` that follows
 * a change is O(n + c log c) for c changes (two sorted runs are merged); one that follows none is O(log n)
 * and then O(1) for each id taken.
 */
export class IdOrder {
  #sorted: string[] = [];
  /** Not yet in `#sorted`. */
  readonly #added = new Set<string>();
  /** Still in `#sorted`; one that came back is in `#added` as well. */
  readonly #deleted = new Set<string>();
  /** `undefined` is the engine's own order, by code unit: the same, and faster, until an id is found where it is not. */
  #order: typeof byCodePoint | undefined;

  /** How many ids there are. */
  get size(): number {
    return this.#sorted.length + this.#added.size - this.#deleted.size;
  }

  /** Adds an id that is not there. */
  add(id: string): void {
    this.#added.add(id);
    if (this.#order === undefined && hasHighCharacters(id)) this.#order = byCodePoint;
  }

  /** Takes out an id that is there. */
  delete(id: string): void {
    if (!this.#added.delete(id)) this.#deleted.add(id);
  }

  /** The ids greater than `cursor`, which need not be there; all for `null`. Do not change it meanwhile. */
  *after(cursor: string | null): Generator<string, void, undefined> {
    this.#settle();
    for (let i = cursor === null ? 0 : this.#firstAfter(cursor); i < this.#sorted.length; i++) {
      const id = this.#sorted[i];
      if (id !== undefined) yield id;
    }
  }

  #settle(): void {
    if (this.#deleted.size > 0) {
      this.#sorted = this.#sorted.filter((id) => !this.#deleted.has(id));
      this.#deleted.clear();
    }
    if (this.#added.size > 0) {
      // The sort of the engine finds the two runs and merges them, so this does not sort all again.
      const added = [...this.#added].sort(this.#order);
      this.#sorted = this.#sorted.concat(added).sort(this.#order);
      this.#added.clear();
    }
  }

  #firstAfter(cursor: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const id = this.#sorted[middle];
      if (id !== undefined && byCodePoint(id, cursor) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
