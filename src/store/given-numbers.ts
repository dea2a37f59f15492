import { InvalidOptionError } from '../errors.ts';
import type { Change, NewRecord } from './contract.ts';

/*
 * The numbers a store is given, checked at its door: what one database takes for 0, another one takes for all there are.
 */

/** How many are asked for: a whole number from 0, or `Infinity`. @throws InvalidOptionError */
export const givenLimit = (limit: number): number => {
  const isOne = limit === Number.POSITIVE_INFINITY || Number.isInteger(limit);
  if (isOne && limit >= 0) return limit;
  throw new InvalidOptionError('limit', limit, 'a whole number from 0, or Infinity');
};

/** The number of a journal entry, or of one before the first. @throws InvalidOptionError */
export const givenSeq = (option: string, seq: number): number => {
  if (Number.isInteger(seq)) return seq;
  throw new InvalidOptionError(option, seq, 'a whole number');
};

/** A wall time, ms since the epoch; `Infinity` is later than all. @throws InvalidOptionError */
export const givenTime = (option: string, at: number): number => {
  if (typeof at === 'number' && !Number.isNaN(at)) return at;
  throw new InvalidOptionError(option, at, 'a time, ms since the epoch');
};

/** A wall time to be kept: finite. @throws InvalidOptionError */
export const keptTime = (option: string, at: number): number => {
  if (Number.isFinite(at)) return at;
  throw new InvalidOptionError(option, at, 'a finite time, ms since the epoch');
};

/** The columns that are neither text to find a record by nor JSON. What is left out stays. @throws InvalidOptionError */
export const assertColumns = (given: NewRecord | Change): void => {
  const { state, schema } = given;
  if (state !== undefined && typeof state !== 'string') {
    throw new InvalidOptionError('state', state, 'a state, as text');
  }
  if (schema !== undefined) givenSeq('schema', schema);
  if ('trimBefore' in given && given.trimBefore !== undefined) {
    givenSeq('trimBefore', given.trimBefore);
  }
};
