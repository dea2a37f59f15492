import { LIMITS } from '../limits.ts';
import { CONTROLS } from './harmless.ts';

/** `1 session`, `2 sessions`. `many` is what more than one are called, where that is not the same with an s. */
export const counted = (n: number, what: string, many = `${what}s`): string =>
  `${n} ${n === 1 ? what : many}`;

/** `1 journal entry`, `2 journal entries`. */
export const countedEntries = (n: number): string => counted(n, 'journal entry', 'journal entries');

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** How long something is, to two units and rounded down: `2 d 3 h`, `4 min 5 s`, `0 s`. Without its sign. */
export const howLong = (ms: number): string => {
  let rest = Math.abs(ms);
  const at = UNITS.findIndex(([, unitMs]) => rest >= unitMs);
  if (at < 0) return '0 s';
  const words: string[] = [];
  for (const [unit, unitMs] of UNITS.slice(at, at + 2)) {
    const n = Math.floor(rest / unitMs);
    rest -= n * unitMs;
    if (n > 0) words.push(`${n} ${unit}`);
  }
  return words.join(' ');
};

/** When something is, seen from now: `in 3 h`, `4 min ago`. */
export const fromNow = (at: number, now: number): string =>
  at >= now ? `in ${howLong(at - now)}` : `${howLong(now - at)} ago`;

/** Wall time to the second, UTC: `2026-01-31 08:15:30`. A time no calendar has is told as its number. */
export const timeOf = (at: number): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at}` : date.toISOString().slice(0, 19).replace('T', ' ');
};

/** A text that somebody else chose, made safe for a line of a terminal: it stays one line, and not a long one. */
export const oneLine = (text: string): string => cut(text).replaceAll(CONTROLS, '?');

/** Any value out of a file as JSON, to be told; what is too long of it is cut. */
export const shown = (value: unknown): string => cut(JSON.stringify(value) ?? 'nothing');

const cut = (text: string): string => {
  if (text.length <= LIMITS.toldCharacters) return text;
  // Half a character is left out as well.
  return `${text.slice(0, LIMITS.toldCharacters).replace(/\p{Surrogate}$/u, '')}…`;
};
