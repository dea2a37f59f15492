// Changes the code in small ways, one at a time, and runs the tests: each change that no test notices is told.
//   npm run mutation -- [--mutate <folder or file>]… [--concurrency <n>]
// Without --mutate: everything in FOLDERS. The tests of a folder have to notice, not those of what is built on it.
// Reports are in reports/mutation/, docs/mutation.md says what is known of the changes that are left.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** What is changed, and the tests that have to notice. */
const FOLDERS = {
  machines: 'test/machines',
  'src/time': 'test/time',
  'src/runtime': 'test/runtime',
};

const root = join(import.meta.dirname, '..', '..');
const USAGE = `npm run mutation -- [--mutate <folder or file>]... [--concurrency <n>]

  --mutate       what is changed, in ${Object.keys(FOLDERS).join(', ')}; default: all of it.
                 A file may have lines: src/time/wheel.ts:10-20
  --concurrency  test runners at a time, from 1 up; default 1
  --help         this`;

/** One line for what was asked wrongly. */
function refuse(message) {
  process.stderr.write(`${message} See --help.\n`);
  process.exit(2);
}

function given() {
  try {
    return parseArgs({
      options: {
        mutate: { type: 'string', multiple: true, default: Object.keys(FOLDERS) },
        concurrency: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    // What it says after the first sentence is for those who wrote the call of parseArgs.
    return refuse(`${error.message.split(/[.\n]/)[0]}.`);
  }
}

const values = given();
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
if (!/^[1-9]\d*$/.test(values.concurrency)) {
  refuse(`--concurrency is ${values.concurrency}, but must be a whole number from 1 up.`);
}

/** The name of the folder it is in, of those that are changed. */
function folderOf(path) {
  const folder = Object.keys(FOLDERS).find((one) => path === one || path.startsWith(`${one}/`));
  const file = path.replace(/:\d.*$/, '');
  if (folder !== undefined && existsSync(join(root, file))) return folder;
  return refuse(`${path} is no file or folder in ${Object.keys(FOLDERS).join(', ')}.`);
}

/** What Stryker is to change: a folder means all that is in it. A file may have lines: `wheel.ts:10-20`. */
const patternOf = (path) =>
  existsSync(join(root, path)) && statSync(join(root, path)).isDirectory()
    ? `${path}/**/*.ts`
    : path;

async function mutate(paths, folder) {
  const report = join('reports', 'mutation', `${folder.replaceAll('/', '-')}`);
  mkdirSync(join(root, dirname(report)), { recursive: true });
  const stryker = new Stryker({
    mutate: paths.map(patternOf),
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: '.ci/mutation/vitest.config.ts', dir: FOLDERS[folder], related: false },
    // What is changed on the way to a test is only run by the tests that come by.
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    timeoutMS: 10_000,
    tempDirName: '.stryker-tmp',
    cleanTempDir: 'always',
    ignorePatterns: [
      '/dist',
      '/docs',
      '/bench',
      '/examples',
      '/reports',
      '/.ci/conformance',
    ].concat('/.ci/node24'),
    // It would be read with an interface that TypeScript 7 does not have.
    tsconfigFile: 'none',
    reporters: ['clear-text', 'html', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    htmlReporter: { fileName: `${report}.html` },
    jsonReporter: { fileName: `${report}.json` },
    allowConsoleColors: false,
  });
  await stryker.runMutationTest();
}

process.chdir(root);
const byFolder = new Map();
for (const path of values.mutate) {
  const own = byFolder.get(folderOf(path)) ?? [];
  byFolder.set(folderOf(path), [...own, path.replace(/\/+$/, '')]);
}
// It takes a while to load: not for a word of help.
const { Stryker } = await import('@stryker-mutator/core');
for (const [folder, paths] of byFolder) await mutate(paths, folder);
