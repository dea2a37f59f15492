import { expect, test } from 'vitest';
import { readSources } from '../tidy/files.ts';
import { importsOf } from '../tidy/imports.ts';
import type { SourceFile } from '../tidy/syntax.ts';

// In a circle of files none can be read before the others. An import of a type counts as any other.

/** Those of the files that are in a circle, or lead into one. */
const entangled = (files: readonly SourceFile[]): string[] => {
  const left = new Map(
    files.map((file) => [file.path, importsOf(file).map(({ target }) => target ?? '')] as const),
  );
  for (;;) {
    const free = [...left].filter(([, targets]) => !targets.some((target) => left.has(target)));
    if (free.length === 0) return [...left.keys()];
    for (const [path] of free) left.delete(path);
  }
};

const sources = readSources();

test.each(['src/mcp/sessions/', 'src/mcp/stdio/', 'src/mcp/modern/', 'src/http/'])(
  'the files of %s are in no circle',
  (folder) => {
    const files = sources.filter(({ path }) => path.startsWith(folder));
    expect(files.length).toBeGreaterThan(1);
    expect(entangled(files)).toEqual([]);
  },
);

test('a circle of three, of types, would be found', () => {
  const to = (other: string): string => `import type { A } from './${other}.ts';`;
  const files = [
    { path: 'src/a.ts', text: to('b') },
    { path: 'src/b.ts', text: to('c') },
    { path: 'src/c.ts', text: to('a') },
    { path: 'src/d.ts', text: to('e') },
    { path: 'src/e.ts', text: '' },
  ];
  expect(entangled(files)).toEqual(['src/a.ts', 'src/b.ts', 'src/c.ts']);
});
