import { InvalidSessionIdError } from '../errors.ts';
import { type Randomness, systemRandomness } from './randomness.ts';

/** 192 bits: 24 bytes are exactly 32 characters of base64url, without padding. */
const ID_BYTES = 24;
const SHAPE = /^ses_[A-Za-z0-9_-]{32}$/;

/**
 * A new session id: `ses_` and 192 random bits in base64url. Unguessable, but no proof of who asks.
 *
 * @param randomness where the bits come from; another one than the system's only in tests.
 */
export const mintSessionId = (randomness: Randomness = systemRandomness): string =>
  `ses_${randomness.base64url(ID_BYTES)}`;

/** Whether Holdfast can have minted this id. Says nothing about whether the session exists. */
export const isSessionId = (id: unknown): id is string => typeof id === 'string' && SHAPE.test(id);

/** Refuses what Holdfast cannot have minted, before any look-up. Throws `InvalidSessionIdError`. */
export const assertSessionId: (id: unknown) => asserts id is string = (id) => {
  if (!isSessionId(id)) throw new InvalidSessionIdError();
};
