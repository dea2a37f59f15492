import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SourceFile } from './syntax.ts';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

const FOLDERS = ['machines', 'src', 'test', 'bench', 'examples', '.ci'];

/** Every source file that people write here, in the order of its path. */
export function readSources(): SourceFile[] {
  return FOLDERS.map((folder) => join(ROOT, folder))
    .filter((folder) => existsSync(folder))
    .flatMap(filesUnder)
    .filter((path) => /\.(ts|mjs|js)$/.test(path))
    .map((path) => ({
      path: relative(ROOT, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !/^(node_modules|dist|out)$/.test(entry.name)
      ? filesUnder(path)
      : [];
  });
}
