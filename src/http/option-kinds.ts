import { InvalidOptionError } from '../errors.ts';
import type { Fetchable } from './fetch.ts';

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');

/** Whether it is a promise, which a caller may have forgotten to await. */
const isPromise = (value: unknown): boolean => hasMethods(value, ['then']);

/** Refuses what has not these methods; what is left out is fine. Throws `InvalidOptionError`. */
export const refuseWithout = (
  option: string,
  value: unknown,
  methods: readonly string[],
  expected: string,
): void => {
  if (value === undefined || hasMethods(value, methods)) return;
  const allowed = isPromise(value) ? `${expected}, and no promise of one: await it` : expected;
  throw new InvalidOptionError(option, value, allowed);
};

/** Refuses what is no function; what is left out is fine. Throws `InvalidOptionError`. */
export const refuseNoFunction = (option: string, value: unknown, expected = 'a function'): void => {
  if (value !== undefined && typeof value !== 'function') {
    throw new InvalidOptionError(option, value, expected);
  }
};

/** Refuses what is no clock; what is left out is fine. Throws `InvalidOptionError`. */
export const refuseNoClock = (value: unknown): void =>
  refuseWithout('clock', value, ['mono', 'wall'], 'a clock, such as systemClock()');

/** The app of an adapter. Throws `InvalidOptionError` for what cannot answer requests. */
export const checkedApp = (app: unknown): Fetchable => {
  const allowed =
    'an object with fetch, such as an endpoint of createMcpEndpoint or createMcpSessions';
  if (app === undefined) throw new InvalidOptionError('the app', app, allowed);
  refuseWithout('the app', app, ['fetch'], allowed);
  return app as Fetchable;
};
