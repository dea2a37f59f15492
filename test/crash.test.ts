import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { asked, PER_FOLDER } from './crash/command-line.ts';
import { compiledFolder } from './crash/compiled.ts';
import { figuresOf, said } from './crash/figures.ts';
import { PRODUCT } from './crash/remote.ts';
import { runWorld } from './crash/world.ts';

/*
 * Processes that are killed, one after another, over one folder: what was acknowledged before is found after, whatever the
 * instant. `npm run crash -- --rounds 1000` runs more of them.
 */

/** Folders, and processes killed over each: two at once, as there are two cores. */
const SEEDS = [1, 2] as const;
const ROUNDS = 26;
const SLOW = 180_000;

beforeAll(() => void compiledFolder(), SLOW);

test(`what was acknowledged survives ${SEEDS.length * ROUNDS} kills`, {
  timeout: SLOW,
}, async ({ signal }) => {
  const settings = { rounds: ROUNDS, product: PRODUCT, signal };
  const worlds = SEEDS.map((seed) => runWorld({ seed, ...settings }));
  const outcomes = await Promise.all(worlds);
  for (const outcome of outcomes) expect(said(outcome)).toBe('every promise was kept');
  const { rounds, phases, acknowledged, checked, did } = figuresOf(outcomes);
  expect(rounds).toBe(SEEDS.length * ROUNDS);
  // A kill in every phase, and enough that was there to lose.
  expect(Object.keys(phases).sort()).toEqual(
    ['ack', 'checking', 'clean', 'draining', 'load', 'opening', 'rolling'].sort(),
  );
  expect(acknowledged).toBeGreaterThan(ROUNDS);
  expect(checked).toBeGreaterThan(ROUNDS);
  expect(Object.keys(did).sort()).toEqual([
    'hibernated',
    'woken from crash',
    'woken from hibernation',
  ]);
});

test('an acknowledgement that comes before its commit is found', { timeout: SLOW }, async () => {
  const outcome = await runWorld({
    seed: 1,
    rounds: PER_FOLDER,
    product: PRODUCT,
    fault: 'acknowledged-before-commit',
  });
  if (outcome.kept !== null) rmSync(outcome.kept, { recursive: true, force: true });
  expect(said(outcome)).toMatch(/BROKEN/);
});

test('the command says what it found, and what it does not understand', {
  timeout: SLOW,
}, async () => {
  const run = promisify(execFile);
  const main = join(compiledFolder(), 'main.js');
  const env = { ...process.env, HOLDFAST_CRASH_PRODUCT: PRODUCT };
  const { stdout } = await run(process.execPath, [main, '--rounds', '2', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ seed: 1, rounds: 2, broken: [] });
  await expect(run(process.execPath, [main, '--rounds', 'many'], { env })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/whole number/),
  });
  expect(() => asked(['--fault', 'none-of-them'])).toThrow(/Known: /);
});
