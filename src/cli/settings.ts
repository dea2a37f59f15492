import { parseArgs } from 'node:util';
import { contradictionIn } from './deadline-settings.ts';
import { takenByNpm, unknownVariables } from './misplaced.ts';
import {
  count,
  deadline,
  deadlineOrAtOnce,
  duration,
  folder,
  host,
  IN_MEMORY,
  type Kind,
  level,
  port,
  toggle,
} from './setting-kinds.ts';
import { flagOf, kebab, nearest, variableOf } from './setting-names.ts';

/** Where sessions are kept if nobody says otherwise: beside where the command is called. */
export const DEFAULT_FOLDER = '.holdfast';

/** A setting with a default of its own. */
const setting = <T>(kind: Kind<T>, initial: T, about: string, shown = String(initial)) => ({
  kind,
  initial,
  about,
  shown,
});

/** A setting that is left to the runtime, whose default is `shown`. */
const left = <T>(kind: Kind<T>, shown: string, about: string) => ({
  kind,
  initial: null,
  about,
  shown,
});

/**
 * Every setting of `holdfast serve`, once. A name is an environment variable and a flag: `idleAfter` is
 * `HOLDFAST_IDLE_AFTER` and `--idle-after`.
 */
const SETTINGS = {
  port: setting(port, 4100, 'Port to listen on'),
  host: setting(host, '127.0.0.1', 'Interface to listen on; there is no authentication'),
  data: setting(folder, DEFAULT_FOLDER, `Folder that keeps the sessions; ${IN_MEMORY} keeps none`),
  idleAfter: left(deadline, '2m', 'A session without work is idle after this'),
  idleTimeout: left(deadline, `24h; 30m with ${IN_MEMORY}`, 'A silent session ends after this'),
  hibernateAfter: left(
    deadlineOrAtOnce,
    '30s',
    'A quiet session is put away into the folder after this, until it is needed',
  ),
  pausedTimeout: left(deadline, '4h', 'A paused session ends after this'),
  maxLifetime: left(deadline, `7d; 8h with ${IN_MEMORY}`, 'Every session ends after this'),
  heartbeatInterval: left(deadline, '30s', 'How often a session that beats should'),
  heartbeatMissed: left(count, '3', 'So many missed beats end such a session'),
  sweepInterval: left(duration, '30s', 'How often stored records and tombstones are swept'),
  maxSessions: left(count, '10000', 'Sessions in memory at once'),
  maxStored: left(count, '100000', 'Sessions that have not ended, in memory or in the folder'),
  maxSessionsPerPrincipal: left(count, '100', 'Sessions of one principal at once'),
  tombstone: left(duration, '20m', 'How long the record of an ended session is kept'),
  logLevel: setting(level, 'info', `How much is printed: ${level.allowed}`),
  conformance: setting(
    toggle,
    false,
    'Serves what the official MCP conformance suite asks for, instead of the tools for notes; only for running it',
    'off',
  ),
} as const;

type Settled = typeof SETTINGS;

/** What `holdfast serve` is started with. `null` is left to the runtime. */
export type Settings = {
  readonly [K in keyof Settled]: Settled[K] extends { kind: Kind<infer T>; initial: infer I }
    ? T | Extract<I, null>
    : never;
} & {
  /** Print events as JSON lines. */
  readonly json: boolean;
};

/** A setting that is not allowed. */
export interface Mistake {
  /** The variable or flag, or the argument itself. */
  readonly name: string;
  /** What is wrong with it and what is allowed, as a sentence. */
  readonly message: string;
}

const KEYS = Object.keys(SETTINGS) as (keyof Settled)[];

/** What was given, before it is looked at: by key, the value and the name it came under. */
type Given = Map<string, { readonly name: string; readonly text: string }>;

const fromEnvironment = (env: Readonly<Record<string, string | undefined>>): Given => {
  const given: Given = new Map();
  for (const key of KEYS) {
    const name = variableOf(key);
    const text = env[name];
    // An empty variable is one that is not set: that is what `HOLDFAST_PORT= holdfast serve` means.
    if (text !== undefined && text !== '') given.set(key, { name, text: text.trim() });
  }
  return given;
};

/** What the arguments hold beside settings. */
interface Flags {
  readonly json: boolean;
  /** What is no flag and no value of one. */
  readonly strays: readonly string[];
}

/** Whether the flag of a setting takes one. */
const takesValue = (key: keyof Settled): boolean => SETTINGS[key].kind.shape !== null;

/** Reads flags over `given`; tells what is no flag at all. */
const fromFlags = (args: readonly string[], given: Given, mistakes: Mistake[]): Flags => {
  const names = new Map(KEYS.map((key) => [kebab(key), key]));
  const options = Object.fromEntries(
    [...names].map(([name, key]) => [
      name,
      { type: takesValue(key) ? 'string' : 'boolean' } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, json: { type: 'boolean' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  let json = false;
  const strays: string[] = [];
  let unknownAt = Number.NaN;
  for (const token of tokens) {
    // What follows an unknown flag is most likely its value: one mistake, not two.
    if (token.kind === 'positional' && token.index !== unknownAt + 1) strays.push(token.value);
    if (token.kind !== 'option') continue;
    const key = names.get(token.name);
    if (token.name === 'json' && token.value === undefined) json = true;
    else if (key === undefined) {
      if (token.value === undefined) unknownAt = token.index;
      const meant = nearest(token.rawName, [...KEYS.map(flagOf), '--json']);
      const message = `is no flag; the nearest one is ${meant}. \`holdfast serve --help\` has them all.`;
      mistakes.push({ name: token.rawName, message });
    } else if (takesValue(key) !== (token.value !== undefined)) {
      const { allowed } = SETTINGS[key].kind;
      const message = takesValue(key) ? `needs a value: ${allowed}.` : 'takes no value.';
      mistakes.push({ name: token.rawName, message });
    } else given.set(key, { name: token.rawName, text: token.value ?? 'on' });
  }
  return { json, strays };
};

/** What was given that belongs to no setting. */
const misplaced = (
  env: Readonly<Record<string, string | undefined>>,
  strays: readonly string[],
): readonly Mistake[] => {
  const npm = takenByNpm(env, [...KEYS, 'json'], strays);
  const message = 'is not understood: only flags are allowed.';
  const stray = npm === null ? strays.map((name) => ({ name, message })) : [npm];
  return [...stray, ...unknownVariables(env, KEYS.map(variableOf))];
};

/**
 * Reads the environment and the flags over it. Every mistake is found at once: each names the variable or
 * flag, the value, and what is allowed. Deadlines that contradict each other are told when nothing else is
 * wrong.
 */
export const readSettings = (
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): { readonly settings: Settings } | { readonly mistakes: readonly Mistake[] } => {
  const mistakes: Mistake[] = [];
  const given = fromEnvironment(env);
  const { json, strays } = fromFlags(args, given, mistakes);
  mistakes.push(...misplaced(env, strays));
  const values: Record<string, unknown> = { json };
  for (const key of KEYS) {
    const { kind, initial } = SETTINGS[key];
    const entry = given.get(key);
    const value = entry === undefined ? initial : kind.read(entry.text);
    if (entry !== undefined && value === null) {
      const shown = JSON.stringify(entry.text.slice(0, 100));
      mistakes.push({ name: entry.name, message: `is ${shown}, but must be ${kind.allowed}.` });
    }
    values[key] = value;
  }
  if (mistakes.length > 0) return { mistakes };
  // The loop above has read every key of the table by its own kind.
  const settings = values as Settings;
  const contradiction = contradictionIn(settings, (key) => given.get(key)?.name ?? flagOf(key));
  return contradiction === null ? { settings } : { mistakes: [contradiction] };
};

/** The settings for `--help`, a line each, from the same table. */
export const settingsHelp = (): string => {
  const rows = KEYS.map((key) => {
    const { about, kind, shown } = SETTINGS[key];
    const flag = kind.shape === null ? flagOf(key) : `${flagOf(key)} <${kind.shape}>`;
    return [flag, variableOf(key), `${about} (${shown})`] as const;
  });
  const wide = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  return rows
    .map(([flag, name, about]) => `  ${flag.padEnd(wide(0))}  ${name.padEnd(wide(1))}  ${about}`)
    .concat(`  ${'--json'.padEnd(wide(0))}  ${''.padEnd(wide(1))}  Print events as JSON lines`)
    .join('\n');
};
