// Runs real MCP clients against `holdfast serve`: docs/clients.md. Needs `npm ci --prefix .ci/clients`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clientOf, NAMES } from './clients.mjs';
import { runCourse } from './course.mjs';
import { HEAD, rowOf, rowsIn, withRows } from './table.mjs';

const HELP = `npm run clients -- [--write] [--json] [--at-once <n>] [--down-ms <n>] [--log <folder>] [--dist <path>] [name …]

Runs real MCP clients against \`holdfast serve\`, each with a server and a folder of its own: it opens, calls, is quiet until
its session is put away, calls, its server is killed and replaced, it lists its notes, it closes. One to two minutes. Prints
what each does; exit code 1 where one does other than docs/clients.md says.

  --write         writes the table into docs/clients.md, whatever it says there
  --json          prints what each did as a line of JSON instead of the table
  --at-once <n>   so many at a time (3)
  --down-ms <n>   no server is there for so long after it was killed, ms (0: another one waits to take its place)
  --log <folder>  writes what each one's server printed and was asked there, as <name>.jsonl
  --dist <path>   what is served, built (dist)

names: ${NAMES.join(', ')}`;

const root = join(import.meta.dirname, '..', '..');
const page = join(root, 'docs', 'clients.md');

/** What goes wrong before anything runs: one line, exit code 2. */
const refuse = (line) => {
  console.error(`${line} See --help.`);
  process.exit(2);
};

const OPTIONS = {
  write: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'down-ms': { type: 'string', default: '0' },
  'at-once': { type: 'string', default: '3' },
  log: { type: 'string' },
  dist: { type: 'string', default: join(root, 'dist') },
  help: { type: 'boolean', default: false },
};

const read = () => {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return refuse(`${error.message.split('. ')[0].replace(/\.$/, '')}.`);
  }
};

const { values, positionals } = read();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
for (const name of positionals) if (!NAMES.includes(name)) refuse(`${name} is no client.`);

/** An option that is a whole number from `least` up. */
const number = (option, least) => {
  const text = values[option];
  if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
  return refuse(`--${option} is ${text}, but must be a whole number from ${least} up.`);
};

const atOnce = number('at-once', 1);
const downMs = number('down-ms', 0);
if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  refuse('Run `npm ci --prefix .ci/clients` first.');
}

const chosen = positionals.length > 0 ? NAMES.filter((name) => positionals.includes(name)) : NAMES;
const begun = performance.now();

/** By name: its row of the table. */
const rows = new Map();

const runOne = async (name) => {
  const about = clientOf(name);
  const tell = (step, words) => {
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6);
    console.error(`${seconds} s  ${name.padEnd(20)} ${step.padEnd(10)} ${words}`);
  };
  const { did, log } = await runCourse(about, { tell, dist: values.dist, downMs });
  if (values.log !== undefined) writeFileSync(join(values.log, `${name}.jsonl`), String(log));
  rows.set(name, rowOf(about, did));
  if (values.json) {
    console.log(JSON.stringify({ name, package: about.package, version: about.version, did }));
  }
};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const waiting = [...chosen];
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await runOne(name);
  }),
);

if (!values.json) console.log([...HEAD, ...chosen.map((name) => rows.get(name))].join('\n'));
const text = readFileSync(page, 'utf8');
const known = rowsIn(text);
if (values.write) {
  writeFileSync(
    page,
    withRows(text, NAMES.map((name) => rows.get(name) ?? known.get(name)).filter(Boolean)),
  );
} else {
  for (const name of chosen) {
    if (rows.get(name) === known.get(name)) continue;
    process.exitCode = 1;
    console.error(
      `\n${name} does other than docs/clients.md says:\n- ${known.get(name) ?? '(nothing)'}\n+ ${rows.get(name)}`,
    );
  }
}
