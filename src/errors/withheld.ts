/**
 * Stands for something whose content is nobody's business: an error, and so a log, says only what it is like.
 */
export class Withheld {
  readonly #like: string;

  constructor(value: unknown) {
    this.#like = likeness(value);
  }

  toString(): string {
    return this.#like;
  }
}

const likeness = (value: unknown): string => {
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};
