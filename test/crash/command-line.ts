import { parseArgs } from 'node:util';
import { PLANTED_FAULTS, type PlantedFault } from '../../src/planted.ts';
import { PROMISES } from './broken.ts';
import { PRODUCT_VARIABLE } from './product.ts';

/** So many processes share a folder, one after another, before the next seed begins with an empty one. */
export const PER_FOLDER = 50;

export const HELP = `Kills processes over a folder of sessions, one after another, and holds what each finds against what was acknowledged.

  npm run crash -- [options]

  --rounds N     how many processes; default 200. Every ${PER_FOLDER} of them share a folder and a seed
  --seed N       the seed of the first folder; default 1. The next ones follow
  --jobs N       folders at once; default 2
  --fault NAME   with this fault planted in the code under test
  --json         prints one JSON object instead
  --help         this

A seed says what is asked and when a process is killed, to the ms; what it met by then is up to the machine. So a seed
that found something may need a few tries to find it again. The folder and the last lines of its processes are kept.
${PRODUCT_VARIABLE} names another built package to put to the test; default: dist of this checkout, which
nobody should build anew while this runs.

Exit code 0: every promise was kept. 1: one was not. 2: not understood. 130: interrupted.

Promises:
${Object.values(PROMISES)
  .map((promise) => `  ${promise}`)
  .join('\n')}

Faults: ${PLANTED_FAULTS.join(', ')}
`;

/** What was asked for on the command line. */
export interface Asked {
  readonly help: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly jobs: number;
  readonly fault: PlantedFault | null;
  readonly json: boolean;
}

/** Reads the command line. Throws an Error that says what is not understood. */
export const asked = (args: readonly string[]): Asked => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      fault: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { rounds, seed, jobs, fault, json = false, help = false } = values;
  return {
    help,
    rounds: whole('--rounds', rounds, 1) ?? 200,
    seed: whole('--seed', seed, 0) ?? 1,
    jobs: whole('--jobs', jobs, 1) ?? 2,
    fault: fault === undefined ? null : named(fault),
    json,
  };
};

const whole = (option: string, given: string | undefined, least: number): number | null => {
  if (given === undefined) return null;
  const value = Number(given);
  if (given !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${option} is ${JSON.stringify(given)}: give a whole number from ${least} up.`);
};

const named = (fault: string): PlantedFault => {
  const found = PLANTED_FAULTS.find((one) => one === fault);
  if (found !== undefined) return found;
  throw new Error(
    `There is no fault ${JSON.stringify(fault)}. Known: ${PLANTED_FAULTS.join(', ')}`,
  );
};
