import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ENTRY = new URL('../../../src/mcp/sessions/index.ts', import.meta.url);

/** What a file imports or re-exports, types included, as it is written. */
const specifiersOf = (file: URL): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from |import\(|^import )'([^']+)'/gm)].map(
    ([, specifier]) => specifier ?? '',
  );

test('holdfast/mcp/sessions needs no SDK: neither at run time nor for the compiler', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const look = (file: URL): void => {
    if (seen.has(file.href)) return;
    seen.add(file.href);
    for (const specifier of specifiersOf(file)) {
      if (specifier.startsWith('.')) look(new URL(specifier, file));
      else packages.add(specifier);
    }
  };
  look(ENTRY);
  expect([...seen].map((href) => fileURLToPath(href)).join('\n')).toContain('sessions/leg.ts');
  expect([...packages].filter((name) => /modelcontextprotocol|zod/.test(name))).toEqual([]);
});
