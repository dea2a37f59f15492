import { Withheld } from '../errors/withheld.ts';
import { InvalidOptionError } from '../errors.ts';

/** What `isStorableText` asks for, for the sentence of an error. */
export const STORABLE_TEXT = 'well-formed Unicode without U+0000';

/** Half of a pair of code units that stands alone: in Unicode mode a whole pair is one character, and no surrogate. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Whether every store can keep a text as it is, to find a record by it: half a character has no UTF-8, and a database
 * may take U+0000 for the end.
 */
export const isStorableText = (text: string): boolean =>
  !text.includes('\0') && !LONE_SURROGATE.test(text);

/**
 * An id, a principal, a key or an owner, as a store is given it; `null` stays `null`.
 *
 * @param option what it is, for the error
 * @throws InvalidOptionError where not every store could keep it. Its content is withheld.
 */
export const storableText = <T extends string | null>(option: string, text: T): T => {
  if (text === null || isStorableText(text)) return text;
  throw new InvalidOptionError(option, new Withheld(text), STORABLE_TEXT);
};
