import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLANTED_FAULTS, type PlantedFault, plant } from '../src/planted.ts';
import { Coverage } from './simulation/coverage.ts';
import { STORES, type StoreKind } from './simulation/disks.ts';
import { INVARIANTS } from './simulation/invariants.ts';
import { type Outcome, runSeed } from './simulation/run.ts';
import { FOUND_BY, IN_CI, ONCE_FAILED, ONCE_FAILED_OVER_SQLITE } from './simulation/seeds.ts';

/*
 * One seed, one world: a server that is killed and restarted, a disk, clients that race and vanish, time that jumps. Over
 * each store: what it draws for the one changes nothing in the other, so that a seed goes on meaning what it meant. What
 * must be true of it is the list in `simulation/invariants.ts`.
 */

const ROOT = join(import.meta.dirname, '..');
const SLOW = 120_000;

/** What is said of a seed that broke something: the sentence, the seed, and how to see it again. */
const said = ({ seed, store, broken, trace }: Outcome): string =>
  broken === null
    ? 'nothing is broken'
    : [
        `NOT TRUE: ${broken.sentence}`,
        broken.detail,
        `again with: npm run simulate -- --seed ${seed} --store ${store}`,
        ...trace.slice(-40),
      ].join('\n');

const withFault = async (fault: PlantedFault, seed: number, store: StoreKind): Promise<Outcome> => {
  plant(fault);
  try {
    return await runSeed(seed, store);
  } finally {
    plant(null);
  }
};

const coverage = { memory: new Coverage(), sqlite: new Coverage() };
const CHUNK = 40;
const chunks = STORES.flatMap((store) =>
  Array.from({ length: IN_CI / CHUNK }, (_, index) => [index * CHUNK, store] as const),
);

test.each(chunks)(
  'all is true, from seed %i on, over %s',
  { timeout: SLOW },
  async (from, store) => {
    for (let seed = from; seed < from + CHUNK; seed += 1) {
      const outcome = await runSeed(seed, store, coverage[store]);
      expect(said(outcome)).toBe('nothing is broken');
      expect(outcome.actions).toBeGreaterThanOrEqual(200);
    }
  },
);

test.each(STORES)(
  'these seeds meet every step, every fault point, and every event that is sent, over %s',
  (store) => {
    expect(coverage[store].missing([store])).toEqual([]);
  },
);

test.each(ONCE_FAILED)('seed %i once found: %s', { timeout: SLOW }, async (seed) => {
  for (const store of STORES) expect(said(await runSeed(seed, store))).toBe('nothing is broken');
});

test.each(ONCE_FAILED_OVER_SQLITE)(
  'seed %i over sqlite once found: %s',
  { timeout: SLOW },
  async (seed) => {
    expect(said(await runSeed(seed, 'sqlite'))).toBe('nothing is broken');
  },
);

test.each(PLANTED_FAULTS)('the fault %s is found', { timeout: SLOW }, async (fault) => {
  const [seed, invariant, store = 'memory'] = FOUND_BY[fault];
  expect((await withFault(fault, seed, store)).violated).toContain(invariant);
  expect(said(await runSeed(seed, store))).toBe('nothing is broken');
});

test.each(STORES)(
  'the same seed gives the same run over %s, byte for byte',
  { timeout: SLOW },
  async (store) => {
    for (const seed of [3, 14, 159]) {
      const [one, other] = [await runSeed(seed, store), await runSeed(seed, store)];
      expect(one.trace).toEqual(other.trace);
      expect(one.digest).toBe(other.digest);
    }
  },
);

test('and in other processes too; the command says what it found', { timeout: SLOW }, async () => {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'test/simulation/tsconfig.json'], { cwd: ROOT });
  const command = join(ROOT, 'build', 'test', 'simulation', 'main.js');
  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [command, ...args], { encoding: 'utf8' });
  const lines = run('--seed', '26', '--json').trim().split('\n');
  const there = lines.map((line) => JSON.parse(line) as Outcome);
  expect(there.map(({ store }) => store)).toEqual(STORES);
  for (const { store, digest } of there) {
    expect(digest).toBe((await runSeed(26, store)).digest);
  }
  expect(run('--help')).toContain('--faults');
  expect(() => run('--seed', 'many')).toThrow(/whole number/);
  expect(() => run('--store', 'tape')).toThrow(/Known: memory, sqlite/);
  const contradiction = (): string => run('--seed', '1', '--faults');
  expect(contradiction).toThrow(expect.objectContaining({ status: 2 }));
  const blamed = (): string =>
    run('--seed', '0', '--store', 'memory', '--fault', 'quota-after-await');
  expect(blamed).toThrow(expect.objectContaining({ status: 1 }));
});

test('every invariant has a name of its own and says its sentence', () => {
  const all = Object.values(INVARIANTS).flat();
  for (const { name, sentence } of all) expect(`${name}: ${sentence}`).toMatch(/^[a-z-]+: .*\.$/);
  const sentences = new Map(all.map(({ name, sentence }) => [name, sentence]));
  for (const { name, sentence } of all) expect(sentences.get(name)).toBe(sentence);
});
