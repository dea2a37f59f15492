import { createHash } from 'node:crypto';
import { InvalidOptionError } from '../errors.ts';
import type { Randomness } from '../identity/randomness.ts';

/** Chance that can be had again: the same seed gives the same draws in the same order. */
export interface SeededRandomness extends Randomness {
  /**
   * A stream of its own, by its name: the same one whenever it is asked for, whatever was drawn before. What is drawn
   * from it changes nothing here, so that a new draw in one part of a test does not shift all the others.
   */
  fork(name: string): SeededRandomness;
}

/**
 * Chance from a seed, for tests: ids (which `isSessionId` takes), UUIDs of version 7 in the order of their making, and
 * jitter, each drawn from a stream of its own. Anybody can guess them: never give them to a runtime that serves anyone.
 *
 * The numbers are xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c, public domain): it
 * is quick, passes the known tests, and has a whole number of 32 bits as its word, which is what JavaScript multiplies.
 * Its state is a SHA-256 of the seed and the names of the forks, so that seeds 1 and 2 begin far from each other.
 *
 * @throws InvalidOptionError for a seed that is not a safe integer
 */
export const seededRandomness = (seed: number): SeededRandomness => {
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError('seed', seed, 'a safe integer');
  return streamsOf([String(seed)]);
};

/** @param path the seed, and the names of the forks. */
const streamsOf = (path: readonly string[]): SeededRandomness => {
  // Apart from one another: one id more does not change the jitter.
  const idWord = wordsOf([...path, '', 'ids']);
  const uuidWord = wordsOf([...path, '', 'uuids']);
  const numberWord = wordsOf([...path, '', 'numbers']);
  let uuids = 0;
  return {
    base64url: (bytes) => bytesFrom(idWord, bytes).toString('base64url'),
    uuid: () => uuidOf(uuids++, bytesFrom(uuidWord, 16)),
    number: () => numberWord() / 2 ** 32,
    fork: (name) => streamsOf([...path, `fork ${name}`]),
  };
};

/** Whole numbers from 0 to less than 2^32. */
const wordsOf = (path: readonly string[]): (() => number) => {
  const hash = createHash('sha256').update(JSON.stringify(path)).digest();
  let [s0, s1, s2, s3] = [0, 4, 8, 12].map((at) => hash.readInt32LE(at)) as Words;
  return () => {
    const word = Math.imul(rotated(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotated(s3, 11);
    return word;
  };
};

type Words = [number, number, number, number];

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const bytesFrom = (word: () => number, count: number): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(count / 4) * 4);
  for (let at = 0; at < count; at += 4) bytes.writeUInt32LE(word(), at);
  return bytes.subarray(0, count);
};

/** Its time is how many there were before it, so that a list of them sorts as it was made. */
const uuidOf = (earlier: number, bytes: Buffer): string => {
  bytes.writeUIntBE(FIRST_UUID_MS + earlier, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** As the virtual clock begins: 2026. */
const FIRST_UUID_MS = Date.UTC(2026, 0, 1);
