import { parseArgs } from 'node:util';
import { PLANTED_FAULTS, type PlantedFault } from '../../src/planted.ts';
import { STORES, type StoreKind } from './disks.ts';
import { DEFAULT_JOBS } from './workers.ts';

export const HELP = `Runs worlds of sessions, one a seed, and holds each against what must always be true.

  npm run simulate -- [options]

  --seeds N      how many seeds; default 1,000
  --from N       the first one; default 0
  --jobs N       how many at once; default: one a core
  --seed N       runs one seed and prints its trace
  --store KIND   memory or sqlite; default: each seed over both, so that a seed means the same whatever was asked for
  --fault NAME   with this fault planted in the code under test
  --faults       plants each fault in turn, until --seeds (default 300) did not find it
  --json         prints a JSON object instead; of one seed, one a line for each store
  --help         this

Exit code 0: all is true, and from 200 seeds on every step, every fault point and every event the runtime sends was
met. 1: something is not. 2: not understood, or options that contradict each other. 130: interrupted.
Faults: ${PLANTED_FAULTS.join(', ')}
`;

/** What was asked for on the command line. */
export interface Asked {
  readonly what: 'seeds' | 'seed' | 'faults' | 'help';
  readonly from: number;
  readonly seeds: number;
  readonly stores: readonly StoreKind[];
  readonly jobs: number;
  readonly fault: PlantedFault | null;
  readonly json: boolean;
}

/** Reads the command line. Throws an Error that says what is not understood. */
export const asked = (args: readonly string[]): Asked => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      jobs: { type: 'string' },
      seed: { type: 'string' },
      store: { type: 'string' },
      fault: { type: 'string' },
      faults: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { help, seed, faults, fault, json = false } = values;
  const what = help ? 'help' : seed !== undefined ? 'seed' : faults ? 'faults' : 'seeds';
  if (seed !== undefined) refuse('--seed', values, ['seeds', 'from', 'jobs', 'faults']);
  if (faults) refuse('--faults', values, ['fault']);
  return {
    what,
    from: whole('--seed', seed) ?? whole('--from', values.from) ?? 0,
    seeds: whole('--seeds', values.seeds, 1) ?? (what === 'faults' ? 300 : 1_000),
    stores: values.store === undefined ? STORES : [kind(values.store)],
    jobs: whole('--jobs', values.jobs, 1) ?? DEFAULT_JOBS,
    fault: fault === undefined ? null : named(fault),
    json,
  };
};

/** Throws where what was asked for contradicts other options: none of them is passed over. */
const refuse = <Options extends object>(
  option: string,
  given: Options,
  others: readonly (keyof Options & string)[],
): void => {
  const other = others.find((name) => given[name] !== undefined);
  if (other !== undefined) throw new Error(`${option} and --${other} contradict each other.`);
};

const whole = (option: string, given: string | undefined, least = 0): number | null => {
  if (given === undefined) return null;
  const value = Number(given);
  if (given !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${option} is ${JSON.stringify(given)}: give a whole number from ${least} up.`);
};

const kind = (store: string): StoreKind => {
  const found = STORES.find((one) => one === store);
  if (found !== undefined) return found;
  throw new Error(`There is no store ${JSON.stringify(store)}. Known: ${STORES.join(', ')}`);
};

const named = (fault: string): PlantedFault => {
  const found = PLANTED_FAULTS.find((one) => one === fault);
  if (found !== undefined) return found;
  throw new Error(
    `There is no fault ${JSON.stringify(fault)}. Known: ${PLANTED_FAULTS.join(', ')}`,
  );
};
