import { InvalidOptionError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { isStorableText, STORABLE_TEXT } from './storable-text.ts';

/** Whom a session belongs to: a name the host application vouches for, or `null` for an anonymous caller. */
export type Principal = string | null;

/** Returns a principal that is well formed. Throws `InvalidOptionError`, which names the `option`. */
export const checkedPrincipal = (principal: unknown, option = 'principal'): Principal => {
  if (principal === null || principal === undefined) return null;
  if (
    typeof principal === 'string' &&
    principal.length > 0 &&
    principal.length <= LIMITS.principalLength &&
    isStorableText(principal)
  ) {
    return principal;
  }
  throw new InvalidOptionError(
    option,
    principal,
    `null, or a text of 1 to ${LIMITS.principalLength} characters, ${STORABLE_TEXT}`,
  );
};
