import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/**
 * The only source of chance of a runtime, so that a test can have the same run again. The default draws from the
 * system's CSPRNG; another one is for tests: ids from it are as good as it is.
 */
export interface Randomness {
  /** `bytes` random bytes as base64url: ids, which must be unguessable. */
  base64url(bytes: number): string;
  /** A UUID, for what needs a name but is no capability. */
  uuid(): string;
  /** From 0 to less than 1: jitter. */
  number(): number;
}

const POOL_BYTES = 6 * 1024;

let pool: Buffer | null = null;
let used = POOL_BYTES;

/**
 * `bytes` fresh random bytes as base64url, from the system's CSPRNG. Drawn from a pool, because one system
 * call an id costs more than the rest of a session's creation; no byte is handed out twice.
 */
export const randomBase64url = (bytes: number): string => {
  if (pool === null || used + bytes > POOL_BYTES) {
    pool = randomFillSync(pool ?? Buffer.allocUnsafeSlow(POOL_BYTES));
    used = 0;
  }
  const text = pool.toString('base64url', used, used + bytes);
  pool.fill(0, used, used + bytes);
  used += bytes;
  return text;
};

/** A time-ordered UUID (version 7), for what needs a name but is no capability: operations, processes. */
export const newUuid = (): string => v7();

/** The system's: ids that nobody can guess. */
export const systemRandomness: Randomness = Object.freeze({
  base64url: randomBase64url,
  uuid: newUuid,
  number: () => Math.random(),
});

/**
 * A duration shortened by up to `share` of itself, so that many things due together spread out. It only
 * shortens: what was promised as an upper bound stays one.
 */
export const jittered = (
  durationMs: number,
  randomness: Randomness = systemRandomness,
  share = 0.1,
): number =>
  Number.isFinite(durationMs) ? durationMs * (1 - randomness.number() * share) : durationMs;
