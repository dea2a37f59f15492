import { InvalidOptionError } from '../errors.ts';
import { type DeadlineOptions, resolveDeadlines } from '../runtime/liveness/deadlines.ts';
import { formatDuration } from './duration.ts';
import { flagOf } from './setting-names.ts';
import type { Mistake, Settings } from './settings.ts';

/** The setting behind each deadline of the runtime. */
const SETTING_OF = {
  idleAfterMs: 'idleAfter',
  idleTimeoutMs: 'idleTimeout',
  pausedTimeoutMs: 'pausedTimeout',
  maxLifetimeMs: 'maxLifetime',
  heartbeatIntervalMs: 'heartbeatInterval',
  heartbeatMissed: 'heartbeatMissed',
  hibernateAfterMs: 'hibernateAfter',
} as const satisfies Record<keyof DeadlineOptions, keyof Settings>;

const OPTIONS = Object.keys(SETTING_OF) as (keyof typeof SETTING_OF)[];

type DeadlineSetting = (typeof SETTING_OF)[keyof typeof SETTING_OF];

/** The deadlines that were set, for the runtime; what is left out has its default. */
export const deadlineOptions = (settings: Pick<Settings, DeadlineSetting>): DeadlineOptions =>
  Object.fromEntries(
    OPTIONS.map((option) => [option, settings[SETTING_OF[option]]] as const).filter(
      ([, value]) => value !== null,
    ),
  );

/** A sentence of the runtime about its deadlines in the words of the command line. */
const inSettings = (sentence: string, nameOf: (key: DeadlineSetting) => string): string =>
  OPTIONS.reduce((told, option) => told.replaceAll(option, nameOf(SETTING_OF[option])), sentence)
    .replaceAll(/(?<=\()[\d.]+(?=\))/g, (ms) => formatDuration(Number(ms)))
    .replaceAll(/[\d.]+ ms\b/g, (ms) => formatDuration(Number.parseFloat(ms)));

/**
 * What contradicts itself in deadlines that are allowed one by one; `null` when nothing does.
 *
 * @param nameOf the variable or flag a setting was given by
 */
export const contradictionIn = (
  settings: Pick<Settings, DeadlineSetting>,
  nameOf: (key: DeadlineSetting) => string,
): Mistake | null => {
  try {
    resolveDeadlines(deadlineOptions(settings));
    return null;
  } catch (error) {
    const option = OPTIONS.find((known) => (error as { option?: unknown }).option === known);
    if (!(error instanceof InvalidOptionError) || option === undefined) throw error;
    return {
      name: nameOf(SETTING_OF[option]),
      message: `is ${formatDuration(Number(error.value))}, but must be ${inSettings(error.allowed, nameOf)}.`,
    };
  }
};

/** What the runtime says of unset deadlines that made way for set ones (`Deadlines.adjusted`), by their flags. */
export const adjustedInFlags = (adjusted: readonly string[]): readonly string[] =>
  adjusted.map((sentence) => inSettings(sentence, flagOf));
