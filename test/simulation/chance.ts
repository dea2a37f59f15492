/** Numbers that look random, the same ones for the same seed and name. */
export class Chance {
  readonly #name: string;
  #state: number;

  constructor(name: string) {
    this.#name = name;
    this.#state = hashOf(name);
  }

  /** From 0 to less than 1. */
  number(): number {
    // mulberry32: one word of state, and no visible pattern where neighbouring seeds are used one after another.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to less than `count`. */
  below(count: number): number {
    return Math.floor(this.number() * count);
  }

  between(least: number, most: number): number {
    return least + this.number() * (most - least);
  }

  flip(share: number): boolean {
    return this.number() < share;
  }

  one<T>(choice: readonly T[]): T {
    if (choice.length === 0) throw new Error('nothing to choose from');
    return choice[this.below(choice.length)] as T; // There is one at each index below the length.
  }

  /** One of them, each as often as its weight says. */
  weighted<T>(choice: readonly (readonly [number, T])[]): T {
    let left = this.number() * choice.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, one] of choice) {
      left -= weight;
      if (left < 0) return one;
    }
    throw new Error('nothing to choose from');
  }

  /** A source of its own: what is drawn from it changes nothing here. */
  fork(name: string): Chance {
    return new Chance(`${this.#name}/${name}`);
  }
}

/** FNV-1a, and a last mix: seeds that differ in one digit begin far from each other. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
};
