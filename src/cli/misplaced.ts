import { kebab, nearest } from './setting-names.ts';
import type { Mistake } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What Kubernetes puts into every container beside a Service named `holdfast`. */
const INJECTED = /^HOLDFAST_(SERVICE|PORT)_/;

/** Variables that are named like settings and are none: a misspelt one would do nothing, in silence. */
export const unknownVariables = (env: Environment, known: readonly string[]): readonly Mistake[] =>
  Object.entries(env)
    .filter(([name, text]) => name.startsWith('HOLDFAST_') && text && !known.includes(name))
    .filter(([name]) => !INJECTED.test(name))
    .map(([name]) => ({
      name,
      message: `is no setting; the nearest one is ${nearest(name, known)}.`,
    }));

/**
 * Flags that npm has taken for itself, as it does in `npm start --port 4200`: it hands on the value only, or
 * nothing at all. `null` when it has taken none.
 *
 * @param strays what is left among the arguments
 */
export const takenByNpm = (
  env: Environment,
  keys: readonly string[],
  strays: readonly string[],
): Mistake | null => {
  if (env['npm_lifecycle_event'] !== 'start') return null;
  const values = [...strays];
  const flags = keys.flatMap((key) => {
    const text = env[`npm_config_${kebab(key).replaceAll('-', '_')}`];
    if (!text) return [];
    const value = text === 'true' ? values.shift() : text;
    return [[`--${kebab(key)}`, ...(value === undefined ? [] : [value])].join(' ')];
  });
  if (flags.length === 0) return null;
  const better = ['npm start --', ...flags, ...values].join(' ');
  return { name: 'npm', message: `took flags for itself. Put -- before them: ${better}` };
};
