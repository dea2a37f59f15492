import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PLANTED_FAULTS, type PlantedFault, plant } from '../src/planted.ts';
import { Coverage } from './simulation/coverage.ts';
import { INVARIANTS } from './simulation/invariants.ts';
import { type Outcome, runSeed } from './simulation/run.ts';
import { FOUND_BY, IN_CI, ONCE_FAILED } from './simulation/seeds.ts';

/*
 * One seed, one world: a server that is killed and restarted, a disk, clients that race and vanish, time that jumps. What
 * must be true of it is the list in `simulation/invariants.ts`.
 */

const ROOT = join(import.meta.dirname, '..');
const SLOW = 120_000;

/** What is said of a seed that broke something: the sentence, the seed, and how to see it again. */
const said = ({ seed, broken, trace }: Outcome): string =>
  broken === null
    ? 'nothing is broken'
    : [
        `NOT TRUE: ${broken.sentence}`,
        broken.detail,
        `again with: npm run simulate -- --seed ${seed}`,
        ...trace.slice(-40),
      ].join('\n');

const withFault = async (fault: PlantedFault, seed: number): Promise<Outcome> => {
  plant(fault);
  try {
    return await runSeed(seed);
  } finally {
    plant(null);
  }
};

const coverage = new Coverage();
const CHUNK = 40;
const chunks = Array.from({ length: IN_CI / CHUNK }, (_, index) => index * CHUNK);

test.each(chunks)('all is true, from seed %i on', { timeout: SLOW }, async (from) => {
  for (let seed = from; seed < from + CHUNK; seed += 1) {
    const outcome = await runSeed(seed, coverage);
    expect(said(outcome)).toBe('nothing is broken');
    expect(outcome.actions).toBeGreaterThanOrEqual(200);
  }
});

test('these seeds meet every step, every fault point, and every event that is sent', () => {
  expect(coverage.missing).toEqual([]);
});

test.each(ONCE_FAILED)('seed %i once found: %s', { timeout: SLOW }, async (seed) => {
  expect(said(await runSeed(seed))).toBe('nothing is broken');
});

test.each(PLANTED_FAULTS)('the fault %s is found', { timeout: SLOW }, async (fault) => {
  const [seed, invariant] = FOUND_BY[fault];
  expect((await withFault(fault, seed)).violated).toContain(invariant);
  expect(said(await runSeed(seed))).toBe('nothing is broken');
});

test('the same seed gives the same run, byte for byte', { timeout: SLOW }, async () => {
  for (const seed of [3, 14, 159]) {
    const [one, other] = [await runSeed(seed), await runSeed(seed)];
    expect(one.trace).toEqual(other.trace);
    expect(one.digest).toBe(other.digest);
  }
});

test('and in other processes too; the command says what it found', { timeout: SLOW }, async () => {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'test/simulation/tsconfig.json'], { cwd: ROOT });
  const command = join(ROOT, 'build', 'test', 'simulation', 'main.js');
  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [command, ...args], { encoding: 'utf8' });
  const here = await runSeed(26);
  const there = JSON.parse(run('--seed', '26', '--json')) as Outcome;
  expect(there.digest).toBe(here.digest);
  expect(run('--help')).toContain('--faults');
  expect(() => run('--seed', 'many')).toThrow(/whole number/);
  const contradiction = (): string => run('--seed', '1', '--faults');
  expect(contradiction).toThrow(expect.objectContaining({ status: 2 }));
  const blamed = (): string => run('--seed', '0', '--fault', 'quota-after-await');
  expect(blamed).toThrow(expect.objectContaining({ status: 1 }));
});

test('every invariant has a name of its own and says its sentence', () => {
  const all = Object.values(INVARIANTS).flat();
  for (const { name, sentence } of all) expect(`${name}: ${sentence}`).toMatch(/^[a-z-]+: .*\.$/);
  const sentences = new Map(all.map(({ name, sentence }) => [name, sentence]));
  for (const { name, sentence } of all) expect(sentences.get(name)).toBe(sentence);
});
