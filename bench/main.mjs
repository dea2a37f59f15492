// Runs the benches by name, or all of them, one after another: `npm run bench`, `npm run bench -- store`. Other arguments
// (`--json`) go to each. Exits with 1 where an aim of one of them is not met, and with 2 for a name that is none.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Each is a file beside this one, and says itself what it measures. */
const BENCHES = {
  registry: [],
  behaviours: ['--expose-gc'],
  store: [],
  hibernated: [],
  mcp: [],
  'mcp-hibernated': [],
};

const given = process.argv.slice(2);
const names = given.filter((one) => !one.startsWith('-'));
const options = given.filter((one) => one.startsWith('-'));
const known = Object.keys(BENCHES);
if (options.includes('--help') || options.includes('-h')) {
  console.log(
    `npm run bench -- [${known.join('] [')}] [--json]\n\nWithout a name, all of them run: some minutes.`,
  );
  console.log('--json prints one object a line. The exit code is 1 where an aim is not met.');
  process.exit(0);
}
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench named ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  console.error('Without a name, all of them run.');
  process.exit(2);
}

const failed = [];
for (const name of names.length > 0 ? names : known) {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [...BENCHES[name], file, ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`Not as it should be: ${failed.join(', ')}.`);
  process.exitCode = 1;
}
