import { InvalidOptionError } from '../errors.ts';

/** Deeper data is refused; this is also what stops at a cycle. */
const MAX_DEPTH = 1_000;

/**
 * A frozen deep copy of JSON data, for a store that keeps objects rather than text. Like JSON it leaves out
 * properties that are `undefined`; unlike JSON it changes nothing else in silence.
 *
 * @param where what the data is, for the error
 * @throws InvalidOptionError for what JSON cannot carry: a function, a symbol, a bigint, NaN, an infinity,
 * `undefined` by itself or in an array, an instance of a class (a Date, a Map), a cycle, more than 1,000
 * levels. So code that works with the memory store does not lose data with a durable one.
 */
export const jsonCopy = <T>(value: T, where: string): T => copy(value, where, 0) as T;

const copy = (value: unknown, where: string, depth: number): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object') throw notJson(where, value);
  if (depth === MAX_DEPTH) throw new InvalidOptionError(where, value, 'at most 1,000 levels deep');
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item) => copy(item, where, depth + 1)));
  }
  if (!isPlain(value)) throw notJson(where, value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  // fromEntries defines properties: an own "__proto__", as JSON.parse makes it, stays data.
  return Object.freeze(
    Object.fromEntries(entries.map(([key, item]) => [key, copy(item, where, depth + 1)])),
  );
};

/** True for object literals of any realm: their prototype is the end of the chain. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const notJson = (where: string, value: unknown): InvalidOptionError =>
  new InvalidOptionError(where, value, 'data that JSON can carry');
