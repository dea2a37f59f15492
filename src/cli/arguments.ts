import { parseArgs } from 'node:util';
import { flagOf, kebab, nearest } from './setting-names.ts';

/** A flag of a command: `shape` is what it takes, `null` for nothing. */
export interface Flag {
  readonly shape: string | null;
  readonly about: string;
}

/** What a command takes. */
export interface Shape<Name extends string> {
  readonly flags: Readonly<Record<Name, Flag>>;
  /** What is no flag: how many of them at least and at most, and what they are. */
  readonly rest?: { readonly what: string; readonly least: number; readonly most: number };
}

/** What a command was given. */
export interface Arguments<Name extends string> {
  /** The value of a flag; `null`: it was not given. */
  text(name: Name): string | null;
  /** Whether a flag without a value was given. */
  has(name: Name): boolean;
  readonly rest: readonly string[];
}

/** Reads what stands behind the name of a command. Every mistake is found at once, each a sentence. */
export const readArguments = <Name extends string>(
  { flags, rest = NO_REST }: Shape<Name>,
  args: readonly string[],
): { readonly given: Arguments<Name> } | { readonly mistakes: readonly string[] } => {
  const names = new Map((Object.keys(flags) as Name[]).map((name) => [kebab(name), name]));
  const mistakes: string[] = [];
  const values = new Map<Name, string>();
  const strays: string[] = [];
  let unknownAt = Number.NaN;
  for (const token of tokensOf(flags, args)) {
    // What follows an unknown flag is most likely its value: one mistake, not two.
    if (token.kind === 'positional' && token.index !== unknownAt + 1) strays.push(token.value);
    if (token.kind !== 'option') continue;
    const name = names.get(token.name);
    if (name === undefined) {
      if (token.value === undefined) unknownAt = token.index;
      mistakes.push(noFlag(token.rawName, [...names.values()]));
    } else if (flags[name].shape === null) {
      if (token.value === undefined) values.set(name, '');
      else mistakes.push(`${token.rawName} takes no value.`);
    } else if (token.value === undefined) {
      mistakes.push(`${token.rawName} needs a value: a ${flags[name].shape}.`);
    } else values.set(name, token.value);
  }
  if (strays.length > rest.most) {
    mistakes.push(`${strays.slice(rest.most).join(' ')} is too much: it takes ${rest.what}.`);
  }
  // Where a flag was misread, what is missing may be what stood behind it.
  if (strays.length < rest.least && mistakes.length === 0) mistakes.push(`It needs ${rest.what}.`);
  if (mistakes.length > 0) return { mistakes };
  const text = (name: Name): string | null => values.get(name) ?? null;
  return { given: { text, has: (name) => values.has(name), rest: strays } };
};

/** A mistake in a flag, with the flag that was most likely meant. */
const noFlag = (given: string, known: readonly string[]): string =>
  known.length === 0
    ? `${given} is no flag: it takes none.`
    : `${given} is no flag; the nearest one is ${nearest(given, known.map(flagOf))}.`;

const NO_REST = { what: 'flags only', least: 0, most: 0 };

const tokensOf = (flags: Readonly<Record<string, Flag>>, args: readonly string[]) => {
  const options = Object.entries(flags).map(
    ([name, { shape }]) =>
      [kebab(name), { type: shape === null ? 'boolean' : 'string' } as const] as const,
  );
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
};

/** The flags for `--help`, a line each. */
export const flagsHelp = (flags: Readonly<Record<string, Flag>>): string => {
  const rows = Object.entries(flags).map(
    ([name, { shape, about }]) =>
      [`${flagOf(name)}${shape === null ? '' : ` <${shape}>`}`, about] as const,
  );
  const wide = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, about]) => `  ${flag.padEnd(wide)}  ${about}`).join('\n');
};
