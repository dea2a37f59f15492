import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasNodeSqlite } from '../../src/store/sqlite/thread/driver.ts';
import {
  ENTRIES,
  MANIFEST,
  NEEDS_OPTIONAL_PEERS,
  OPTIONAL_PEERS,
  REQUIRED,
  ROOT,
} from './entries.ts';

// The package as a user gets it: packed, unpacked into empty projects, imported, required, type-checked.
// Its dependencies are linked from this checkout, so nothing is downloaded.

const home = mkdtempSync(join(tmpdir(), 'holdfast-consumer-'));
const lean = join(home, 'lean');
const full = join(home, 'full');
const specifiers = ENTRIES.map(({ specifier }) => specifier);
const leanSpecifiers = specifiers.filter((name) => !NEEDS_OPTIONAL_PEERS.includes(name));
let packed: readonly string[] = [];

beforeAll(() => {
  for (const { specifier, module } of ENTRIES) {
    if (!existsSync(join(ROOT, module))) throw new Error(`${specifier}: there is no ${module}`);
  }
  const report = run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', home],
    ROOT,
  );
  const [tarball] = packReports(JSON.parse(report));
  if (tarball === undefined) throw new Error(`npm pack told nothing: ${report}`);
  packed = tarball.files.map(({ path }) => path);
  makeProject(lean, join(home, tarball.filename), REQUIRED);
  makeProject(full, join(home, tarball.filename), [...REQUIRED, ...OPTIONAL_PEERS]);
}, 60_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

test('the tarball holds what is needed and nothing else', () => {
  const strays = packed.filter(
    (path) => !/^(dist|src|machines)\/|^(package\.json|LICENSE|README\.md)$/.test(path),
  );
  expect(strays).toEqual([]);
  expect(packed).toContain('dist/src/cli/main.js');
});

test('everything can be imported', () => {
  expect(imported(full, specifiers)).toEqual(specifiers);
});

test('what needs no optional peer works without them', () => {
  expect(imported(lean, leanSpecifiers)).toEqual(leanSpecifiers);
});

test('what does need one says which to install', () => {
  const code =
    "const { checkMachine } = await import('holdfast/testing');" +
    'await checkMachine({}).catch((error) => seen.push(error.code, error.message));';
  expect(answered(lean, 'module', code)).toEqual([
    'ERR_HOLDFAST_MISSING_PACKAGE',
    'checkMachine needs fast-check. Install with: npm install fast-check',
  ]);
});

test('the SQLite store says so too, where Node brings none', () => {
  const code =
    "const { openSqliteStore } = await import('holdfast/store/sqlite');" +
    `await openSqliteStore({ folder: ${JSON.stringify(join(home, 'store'))} }).then(` +
    "(store) => store.close().then(() => seen.push('opened')), " +
    '(error) => seen.push(error.code, error.message));';
  const missing = [
    'ERR_HOLDFAST_MISSING_PACKAGE',
    'The SQLite store needs libsql. Install with: npm install libsql',
  ];
  const expected = hasNodeSqlite(process.versions.node) ? ['opened'] : missing;
  expect(answered(lean, 'module', code)).toEqual(expected);
});

test('everything can be required', () => {
  const code = `${each(specifiers, (name) => `require('${name}')`)}`;
  expect(answered(full, 'commonjs', code)).toEqual(specifiers);
});

test('a strict nodenext consumer compiles', () => {
  expect(compiled(full, { skipLibCheck: true })).toBe('');
});

test('it compiles with every declaration checked, ours and those of our dependencies', () => {
  expect(compiled(full, { skipLibCheck: false })).toBe('');
});

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm up to 11 answers with a list, later ones with an object by package name. */
const packReports = (report: readonly PackReport[] | Record<string, PackReport>): PackReport[] =>
  Object.values(report);

function makeProject(folder: string, tarball: string, dependencies: readonly string[]): void {
  const own = join(folder, 'node_modules', MANIFEST.name);
  mkdirSync(own, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1'], folder);
  for (const name of [...dependencies, '@types/node']) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
}

const each = (names: readonly string[], load: (name: string) => string): string =>
  names
    .map((name) => `if (Object.keys(${load(name)}).length > 0) seen.push('${name}');`)
    .join('\n');

function answered(folder: string, type: 'module' | 'commonjs', code: string): unknown {
  const program = `const seen = [];\n${code}\nconsole.log(JSON.stringify(seen));`;
  return JSON.parse(run(process.execPath, [`--input-type=${type}`, '-e', program], folder));
}

const imported = (folder: string, names: readonly string[]): unknown =>
  answered(
    folder,
    'module',
    each(names, (name) => `await import('${name}')`),
  );

/** What the compiler says about a program that imports everything; nothing when it is content. */
function compiled(folder: string, options: { readonly skipLibCheck: boolean }): string {
  const program = specifiers.map((name, at) => `export * as entry${at} from '${name}';\n`).join('');
  writeFileSync(join(folder, 'consumer.ts'), program);
  const config = {
    compilerOptions: {
      ...options,
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      noEmit: true,
    },
    files: ['consumer.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  try {
    return run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], folder);
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}
