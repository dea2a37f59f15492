import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..', '..', '.ci', 'conformance');

interface Check {
  readonly id: string;
  readonly status: string;
}
interface Due {
  readonly scenario: string;
  readonly version: string;
}
interface Verdicts {
  readonly rows: readonly { verdict: string; passed: number; of: number; reason?: string }[];
  readonly stale: readonly string[];
}
type VerdictsOf = (
  due: readonly Due[],
  results: readonly (Due & { checks: readonly Check[] })[],
  expected: readonly { reason: string; notPassed: readonly string[] }[],
  whole: boolean,
) => Verdicts;

// No types come with it: it is a script's part, and runs without a build.
const { verdictsOf } = (await import(pathToFileURL(join(folder, 'verdicts.mjs')).href)) as {
  verdictsOf: VerdictsOf;
};

const PING = { scenario: 'ping', version: '2025-11-25' };
const ok = { id: 'answers', status: 'SUCCESS' };
const bad = { id: 'empty', status: 'FAILURE' };
const info = { id: 'seen', status: 'INFO' };
const listed = (...notPassed: string[]) => [{ reason: 'Known.', notPassed }];

/** The verdict of one scenario that had these checks, of which some are listed. */
const verdict = (checks: readonly Check[], ...names: string[]) => {
  const { rows, stale } = verdictsOf([PING], [{ ...PING, checks }], listed(...names), true);
  return { verdict: rows[0]?.verdict, stale };
};

test('a scenario passes when every check of it succeeds', () => {
  expect(verdict([ok, info])).toEqual({ verdict: 'passed', stale: [] });
});

test.each(['FAILURE', 'WARNING', 'SKIPPED'])('a %s that is not listed fails', (status) => {
  expect(verdict([ok, { ...bad, status }]).verdict).toBe('FAILED');
});

test('a check that is listed may fail, and no other of its scenario', () => {
  const name = 'ping@2025-11-25:empty';
  expect(verdict([ok, bad], name)).toEqual({ verdict: 'expected', stale: [] });
  expect(verdict([{ ...ok, status: 'FAILURE' }, bad], name).verdict).toBe('FAILED');
});

test('a check that is listed and succeeds is told', () => {
  const name = 'ping@2025-11-25:answers';
  expect(verdict([ok], name)).toEqual({ verdict: 'passed', stale: [name] });
});

test('what is listed for one version is not excused at another', () => {
  const name = 'ping@2025-06-18:empty';
  expect(verdict([ok, bad], name)).toEqual({ verdict: 'FAILED', stale: [name] });
});

test('what is not asked this time may stay on the list', () => {
  const results = [{ ...PING, checks: [ok] }];
  expect(verdictsOf([PING], results, listed('caching@2026-07-28:x'), false).stale).toEqual([]);
});

test('a scenario that never ran, or checked nothing, fails', () => {
  expect(verdict([info]).verdict).toBe('FAILED');
  expect(verdictsOf([PING], [], [], true).rows[0]?.verdict).toBe('FAILED');
});

test('an entry names one check, and says why', () => {
  expect(() => verdict([ok], 'ping@2025-11-25')).toThrow(/ping@2025-11-25/);
  const unsaid = [{ reason: '', notPassed: ['ping@2025-11-25:empty'] }];
  expect(() => verdictsOf([PING], [], unsaid, true)).toThrow(/no reason/);
});

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(folder, 'run.mjs'), ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });

test('--help says how it is called', () => {
  const { status, stdout, stderr } = run('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^npm run conformance -- /);
  for (const option of ['--url', '--docs', '--json']) expect(stdout).toContain(option);
});

test('an option it does not have is refused in one line', () => {
  const { status, stderr } = run('--nope');
  expect(status).toBe(2);
  expect(stderr).toBe("Unknown option '--nope'. See --help.\n");
});
