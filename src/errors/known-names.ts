import { InvalidOptionError } from './input-errors.ts';

/** Every option of a call, checked against its face by the compiler. */
export type Names<Options> = Readonly<Record<keyof Required<Options>, true>>;

/**
 * Refuses options that are no object, and one that nobody reads: a misspelt limit would be no limit, and nobody would hear
 * of it. Says which there are, and which of them may be meant. Throws `InvalidOptionError`.
 *
 * @param hint said after a name, in parentheses.
 */
export const refuseOtherNames = (
  call: string,
  known: Readonly<Record<string, true>>,
  options: unknown,
  hint: (name: string) => string | null = () => null,
): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(`the options of ${call}`, options, 'an object');
  }
  const names = Object.keys(known);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const meant = nearest(name, names);
    const more = hint(name) ?? (meant === null ? null : `did you mean ${meant}?`);
    const allowed = `one of the options of ${call}: ${names.join(', ')}`;
    throw new InvalidOptionError(
      'an option',
      name,
      more === null ? allowed : `${allowed} (${more})`,
    );
  }
};

/** The name that is like a misspelt one; `null`: none is. */
const nearest = (name: string, names: readonly string[]): string | null => {
  // A text of any length may be given, and no long one is a misspelt option.
  if (name.length > 40) return null;
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const one of names) {
    const begun = one.startsWith(name) || name.startsWith(one);
    const steps = begun ? 1 : distance(name.toLowerCase(), one.toLowerCase());
    if (steps >= least) continue;
    best = one;
    least = steps;
  }
  return best;
};

/** How many characters have to be added, left out or changed to make one of the other. */
const distance = (from: string, to: string): number => {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      line.push(Math.min(changed, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
};
