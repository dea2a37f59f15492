/** A code unit that is half of a character beyond U+FFFF. */
const HALF = /[\ud800-\udfff]/;

/** From here on the order of code units is not that of code points. */
const FIRST_HALF = 0xd800;

/** The first code unit above all halves. */
const ABOVE_HALVES = 0xe000;

/** A code unit where it stands by the character that it is, or is half of: halves are of the highest ones. */
const placeOf = (unit: number): number =>
  unit >= ABOVE_HALVES ? unit - ABOVE_HALVES + FIRST_HALF : unit + 0x10000;

/** Whether a text has a character beyond U+FFFF. Texts without one are in the same order by code unit, which is faster. */
export const hasHighCharacters = (text: string): boolean => HALF.test(text);

/**
 * Compares two well-formed texts by code point, which is the order of their UTF-8, and of a database's `C`: below 0 where
 * `a` comes first, 0 where they are the same.
 */
export const byCodePoint = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    return x < FIRST_HALF || y < FIRST_HALF ? x - y : placeOf(x) - placeOf(y);
  }
  return a.length - b.length;
};
