import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const script = join(root, '.ci', 'clients', 'run.mjs');

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', timeout: 20_000 });

/** The names the help tells of. */
const names = (): readonly string[] =>
  /^names: (.*)$/m.exec(run('--help').stdout)?.[1]?.split(', ') ?? [];

test('--help says how it is called, and whom it knows', () => {
  const { status, stdout, stderr } = run('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^npm run clients -- /);
  for (const option of ['--write', '--json', '--at-once', '--down-ms', '--log', '--dist']) {
    expect(stdout).toContain(option);
  }
  expect(names()).toContain('mcp-remote');
});

test.each([
  [['--nope'], "Unknown option '--nope'. See --help."],
  [['nobody'], 'nobody is no client. See --help.'],
  [['--at-once', '0'], '--at-once is 0, but must be a whole number from 1 up. See --help.'],
])('%j is refused in one line', (args, line) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr.trimEnd().split('\n')).toEqual([line]);
});

test('docs/clients.md has a row for each, of the version that is pinned', () => {
  const rows = readFileSync(join(root, 'docs', 'clients.md'), 'utf8').matchAll(
    /^\| \*\*([\w-]+)\*\*: `([^`]+)` ([\d.]+),/gm,
  );
  const { dependencies } = JSON.parse(
    readFileSync(join(root, '.ci', 'clients', 'package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  const found = [...rows].map(([, name, from = '', version]) => [
    name,
    version,
    dependencies[from],
  ]);
  expect(found.map(([name]) => name)).toEqual(names());
  for (const [, version, pinned] of found) expect(version).toBe(pinned);
});
