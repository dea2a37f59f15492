import { Fenced } from '../../errors.ts';
import { announce } from '../plane/announce.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * The ids of the tombstones this process wrote and nobody removed yet, in the order in which they were written. Every
 * method is O(1), amortised.
 */
export class Tombstones {
  readonly #ids = new Set<string>();
  /** All of `#ids` from `#first` on, in order; also some that are gone. */
  #order: string[] = [];
  #first = 0;

  get size(): number {
    return this.#ids.size;
  }

  add(id: string): void {
    this.#ids.add(id);
    this.#order.push(id);
    this.#compact();
  }

  /** Forgets one, if it is there. */
  delete(id: string): void {
    if (this.#ids.delete(id)) this.#compact();
  }

  /** How many ids are held in memory, those that are gone included: at most twice `size`, and a few. */
  get held(): number {
    return this.#order.length;
  }

  /** Takes the oldest out; `null`: there is none. */
  takeOldest(): string | null {
    for (;;) {
      const id = this.#order[this.#first];
      if (id === undefined) return null;
      this.#first += 1;
      if (!this.#ids.delete(id)) continue;
      this.#compact();
      return id;
    }
  }

  /** The oldest of a set is not to be had in O(1): it walks over the places of those that are gone. */
  #compact(): void {
    if (this.#order.length <= 2 * this.#ids.size + FEW) return;
    this.#order = [...this.#ids];
    this.#first = 0;
  }
}

/** So many that are gone are not worth a copy. */
const FEW = 64;

/** A tombstone was written. Where that is one too many, the oldest goes: at most one for each end. */
export const keepTombstone = (context: RuntimeContext, id: string): void => {
  const { tombstones, settings } = context;
  tombstones.add(id);
  if (tombstones.size <= settings.maxTombstones) return;
  const oldest = tombstones.takeOldest();
  if (oldest !== null) void removeEarly(context, oldest);
};

/** In the background. What cannot be removed is told, and left to the sweep when its time is over. */
const removeEarly = async (context: RuntimeContext, id: string): Promise<void> => {
  try {
    const found = await context.store.load(id);
    if (found?.due?.deadline === 'tombstone') await context.store.remove(found);
  } catch (error) {
    if (error instanceof Fenced || context.closed) return;
    announce(context, { type: 'runtime.error', where: 'removing the oldest tombstone', error });
  }
};
