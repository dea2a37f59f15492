import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const OWN = join(ROOT, 'test', 'crash');
/** What they import from elsewhere, and is not of the package. */
const BORROWED = [join(ROOT, 'test', 'simulation', 'chance.ts')];

/**
 * Where the processes of these tests are, compiled: beside this file where it is compiled itself, else in a folder named
 * after what is in it, so that suites that run at once do not write over what another one runs.
 */
export const compiledFolder = (): string => {
  if (import.meta.filename.endsWith('.js')) return import.meta.dirname;
  const folder = join(ROOT, 'build', `crash-${digest()}`);
  if (!existsSync(folder)) compile(folder);
  return join(folder, 'test', 'crash');
};

const digest = (): string => {
  const hash = createHash('sha256');
  const own = readdirSync(OWN).filter((name) => /\.(ts|json)$/.test(name));
  for (const path of [...own.sort().map((name) => join(OWN, name)), ...BORROWED]) {
    hash.update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
};

const compile = (folder: string): void => {
  const build = join(ROOT, 'build');
  mkdirSync(build, { recursive: true });
  for (const old of readdirSync(build).filter((name) => name.startsWith('crash-'))) {
    rmSync(join(build, old), { recursive: true, force: true });
  }
  const making = `${folder}.${process.pid}`;
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, '-p', 'test/crash/tsconfig.json', '--outDir', making];
  execFileSync(process.execPath, args, { cwd: ROOT });
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another suite was first.
    if (!existsSync(folder)) throw error;
    rmSync(making, { recursive: true, force: true });
  }
};
