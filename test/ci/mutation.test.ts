import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '..', '..', '.ci', 'mutation', 'run.mjs');

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', timeout: 20_000 });

test('--help says how it is called', () => {
  const { status, stdout, stderr } = run('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^npm run mutation -- /);
  for (const option of ['--mutate', '--concurrency', '--help']) expect(stdout).toContain(option);
});

test.each([
  [['--nope'], "Unknown option '--nope'. See --help."],
  [['stray'], "Unexpected argument 'stray'. See --help."],
  [['--concurrency', 'x'], '--concurrency is x, but must be a whole number from 1 up. See --help.'],
  [['--mutate', 'src/nowhere'], /^src\/nowhere is no file or folder in .* See --help\.$/],
])('%j is refused in one line', (args, line) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
});
