import { parseDuration } from './duration.ts';

/** How much is printed: each level prints those before it as well. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** How much is printed. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One kind of value: how it is read, and what is said of a value that is not allowed. */
export interface Kind<T> {
  readonly allowed: string;
  /** The same as one word, for `--help`; `null`: its flag takes no value, and sets it to `on`. */
  readonly shape: string | null;
  /** `null`: not allowed. */
  read(text: string): T | null;
}

const wholeNumber = (
  least: number,
  most: number,
  shape: string,
  allowed: string,
): Kind<number> => ({
  allowed,
  shape,
  read: (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : null;
  },
});

/** A port, 0 included. */
export const port = wholeNumber(
  0,
  65_535,
  'port',
  'a whole number from 0 to 65535 (0 picks a free port)',
);

/** How many of something: at least 1. */
export const count = wholeNumber(
  1,
  Number.MAX_SAFE_INTEGER,
  'number',
  'a whole number of at least 1',
);

/** A name or an address of an interface. */
export const host: Kind<string> = {
  allowed: 'a host name or an address, as 127.0.0.1',
  shape: 'host',
  read: (text) => (/^[\w.:-]+$/.test(text) ? text : null),
};

/** The name of the store that keeps nothing beyond the process. */
export const IN_MEMORY = ':memory:';

/** Where sessions are kept. */
export const folder: Kind<string> = {
  allowed: `the path of a folder, or ${IN_MEMORY} to keep nothing`,
  shape: 'folder',
  // Other names between colons mean something to SQLite, and nothing here: more likely a mistake than a folder.
  read: (text) => (text !== '' && (text === IN_MEMORY || !/^:.*:$|\0/.test(text)) ? text : null),
};

/** How much is printed. */
export const level: Kind<LogLevel> = {
  allowed: LOG_LEVELS.join(', '),
  shape: 'level',
  read: (text) => LOG_LEVELS.find((name) => name === text) ?? null,
};

/** A deadline of the runtime. */
export const deadline: Kind<number | 'off'> = {
  allowed: 'a duration as 500ms, 2s, 5m, 8h or 7d, or off',
  shape: 'duration|off',
  read: (text) => parseDuration(text),
};

/** Likewise, where 0 is allowed: at once. */
export const deadlineOrAtOnce: Kind<number | 'off'> = {
  allowed: 'a duration as 500ms, 2s, 5m, 8h or 7d, 0ms for at once, or off',
  shape: 'duration|off',
  read: (text) => parseDuration(text, 0),
};

/** A duration that cannot be off. */
export const duration: Kind<number> = {
  allowed: 'a duration as 500ms, 2s, 5m, 8h or 7d',
  shape: 'duration',
  read: (text) => {
    const ms = parseDuration(text);
    return ms === 'off' ? null : ms;
  },
};

/** Something that is there or not. */
export const toggle: Kind<boolean> = {
  allowed: 'on or off',
  shape: null,
  read: (text) => (text === 'on' ? true : text === 'off' ? false : null),
};
