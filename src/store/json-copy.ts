import { InvalidOptionError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/**
 * A frozen deep copy of JSON data, for a store that keeps objects rather than text. Like JSON it leaves out
 * properties that are `undefined`; unlike JSON it changes nothing else in silence.
 *
 * @param where what the data is, for the error
 * @param levels deeper data is refused; this is also what stops at a cycle. Default `LIMITS.dataLevels`. A store allows
 * more, because what came through a door is then part of something deeper.
 * @throws InvalidOptionError for what JSON cannot carry: a function, a symbol, a bigint, NaN, an infinity,
 * `undefined` by itself or in an array, an instance of a class (a Date, a Map), a cycle, too many
 * levels. So code that works with the memory store does not lose data with a durable one.
 */
export const jsonCopy = <T>(value: T, where: string, levels: number = LIMITS.dataLevels): T =>
  copy(value, where, levels) as T;

const copy = (value: unknown, where: string, left: number): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'object') throw notJson(where, value);
  if (left === 0) throw new InvalidOptionError(where, value, 'less deep: it has too many levels');
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item) => copy(item, where, left - 1)));
  }
  if (!isPlain(value)) throw notJson(where, value);
  return copyOfObject(value, where, left);
};

/** A loop, because a store copies each record it is given: by way of entries this costs four times as much. */
const copyOfObject = (value: object, where: string, left: number): unknown => {
  const copied: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const own = copy(item, where, left - 1);
    // Assigned, it would be the prototype; as JSON.parse makes it, it is data.
    if (key === '__proto__') Object.defineProperty(copied, key, { ...DATA, value: own });
    else copied[key] = own;
  }
  return Object.freeze(copied);
};

const DATA = { enumerable: true, configurable: true, writable: true } as const;

/** True for object literals of any realm: their prototype is the end of the chain. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const notJson = (where: string, value: unknown): InvalidOptionError =>
  new InvalidOptionError(where, value, 'data that JSON can carry');
