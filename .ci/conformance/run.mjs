// Runs the MCP conformance suite against `holdfast serve --conformance`: see USAGE. Needs `npm ci --prefix .ci/conformance`.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from './served.mjs';
import {
  checked,
  EXTENSION,
  REQUIREMENTS,
  requirementsMet,
  scenarios,
  suiteVersion,
} from './suite.mjs';
import { pageAgrees, writePage } from './table.mjs';
import { verdictsOf } from './verdicts.mjs';

const USAGE = `npm run conformance -- [<scenario>...] [--url <url>] [--docs] [--json]

  <scenario>  only these, at each version they belong to; default: all there are, and
              the sets the suite has frozen of what a revision requires
  --url       a server that runs already, such as http://127.0.0.1:3000/mcp;
              default: holdfast serve --conformance, on a free port
  --docs      writes the tables of docs/conformance.md instead of checking them
  --json      the results as one JSON text, and progress on the standard error
  --help      this

What is not passed is listed in .ci/conformance/expected.json, with the reason. What fails and is not listed fails
the run, and so does what is listed and passes.`;

/** Suites at a time: each of them waits most of the time, for streams that are to stay open. */
const AT_ONCE = Math.max(2, availableParallelism());

/** How much of what a suite said is worth telling when it broke: it writes a lot. */
const SAID_LINES = 20;

/** One line for what was asked wrongly. */
function refuse(message) {
  process.stderr.write(`${message} See --help.\n`);
  process.exit(2);
}

function given() {
  try {
    return parseArgs({
      options: {
        url: { type: 'string' },
        docs: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    // What it says after the first sentence is for those who wrote the call of parseArgs.
    return refuse(`${error.message.split(/[.\n]/)[0]}.`);
  }
}

const { values, positionals } = given();
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const say = (line) => (values.json ? process.stderr : process.stdout).write(`${line}\n`);

/** Runs `work` on each, a few at a time; the results in order. */
async function eachOf(all, work) {
  const results = new Array(all.length);
  const left = [...all.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** One process for all scenarios of a version, and one for each that was named or belongs to an extension. */
function runsFor(due, whole) {
  const versions = new Set(due.map(({ version }) => version));
  versions.delete(EXTENSION);
  const alone = due.filter(({ version }) => !whole || version === EXTENSION);
  return [...(whole ? [...versions].reverse().map((version) => ({ version })) : []), ...alone];
}

const lastOf = (said) => said.trimEnd().split('\n').slice(-SAID_LINES).join('\n');

const isGood = ({ status }) => status === 'SUCCESS' || status === 'INFO';

async function runOf(url, which) {
  const begun = performance.now();
  const { results, code, said } = await checked(url, which);
  const checks = results.flatMap((result) => result.checks);
  const good = checks.filter(({ status }) => status === 'SUCCESS').length;
  const of = checks.filter(({ status }) => status !== 'INFO').length;
  const name = [which.version, which.scenario ?? `${results.length} scenarios`].join(' ');
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(`conformance: ${name}: ${good} of ${of} checks, ${seconds} s`);
  // It says no more than its checks do, unless it came to its end before them.
  const broke = code === null || (code !== 0 && checks.every(isGood));
  const problem = `${name}: the suite left with ${code ?? 'no code'}, and said last:\n${lastOf(said)}`;
  return { results, problems: broke ? [problem] : [] };
}

/** The scenarios it marks in its summary; those it does not score are marked again, with the reason. */
function missedIn(said) {
  const marked = [...said.matchAll(/^( *)✗ (\S+?):? /gm)];
  const unscored = marked.filter(([, indent]) => indent !== '').map(([, , name]) => name);
  const missed = marked.map(([, , name]) => name).filter((name) => !unscored.includes(name));
  return missed.join(', ') || lastOf(said);
}

async function requirementsOf(url, revision) {
  const { code, said } = await requirementsMet(url, revision);
  const met = code === 0;
  say(`conformance: ${revision} ${met ? 'meets' : 'FAILS'} what the suite froze as required`);
  return { revision, met, said: met ? '' : `${revision}: ${missedIn(said)}` };
}

/** What should run: each scenario at every version it belongs to. */
async function dueOf(named) {
  const all = await scenarios();
  const unknown = named.filter((name) => all.every(({ scenario }) => scenario !== name));
  if (unknown.length > 0) refuse(`The suite has no scenario ${unknown.join(', ')}.`);
  return all
    .filter(({ scenario }) => named.length === 0 || named.includes(scenario))
    .flatMap(({ scenario, versions }) => versions.map((version) => ({ scenario, version })));
}

async function verdictsAt(url, due, whole) {
  const runs = await eachOf(runsFor(due, whole), (which) => runOf(url, which));
  const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected.json'), 'utf8'));
  const results = runs.flatMap((run) => run.results);
  const { rows, stale } = verdictsOf(due, results, expected, whole);
  const requirements = whole ? await eachOf(REQUIREMENTS, (one) => requirementsOf(url, one)) : [];
  return {
    suite: suiteVersion(),
    rows,
    stale,
    requirements: requirements.map(({ revision, met }) => ({ revision, met })),
    problems: [
      ...runs.flatMap(({ problems }) => problems),
      ...requirements.filter(({ met }) => !met).map(({ said }) => said),
    ],
  };
}

/** Tells what is wrong; how much of it there is. */
function tell({ rows, stale, problems }) {
  const failed = rows.filter(({ verdict }) => verdict === 'FAILED');
  for (const { scenario, version, unexpected } of failed) {
    for (const { check, status, message } of unexpected) {
      say(`conformance: ${scenario}@${version}${check ? `:${check}` : ''} ${status}: ${message}`);
    }
  }
  for (const name of stale)
    say(`conformance: ${name} passes: take it off .ci/conformance/expected.json`);
  for (const problem of problems) say(`conformance: ${problem}`);
  return failed.length + stale.length + problems.length;
}

function pageProblems(found) {
  if (values.docs) writePage(found);
  if (pageAgrees(found)) return [];
  return ['docs/conformance.md says something else: npm run conformance -- --docs'];
}

async function main() {
  suiteVersion();
  const whole = positionals.length === 0;
  const due = await dueOf(positionals);
  const server =
    values.url === undefined ? await serve() : { url: values.url, stop: async () => undefined };
  try {
    const found = await verdictsAt(server.url, due, whole);
    const { rows, problems } = found;
    // The page is about `holdfast serve --conformance`, and about all of it.
    if (whole && values.url === undefined) problems.push(...pageProblems(found));
    const wrong = tell(found);
    const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
    say(
      `conformance: of ${rows.length} runs of a scenario ${count('passed')} passed, ` +
        `${count('expected')} did not, as listed, and ${count('FAILED')} FAILED`,
    );
    if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    if (wrong > 0) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

await main();
