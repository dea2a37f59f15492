import { randomBase64url } from './randomness.ts';

/**
 * Mints the compare-and-set token of a record: 128 random bits as 22 characters of base64url. Random and
 * never counted, because a counter can come to the same number again after a store was rolled back, and
 * then lets a stale owner overwrite a newer one. It is no secret and no capability.
 */
export const mintToken = (): string => randomBase64url(16);
