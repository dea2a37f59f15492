import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { nameOf, nodeIn, nodesIn, type SyntaxNode, statementsOf } from '../tidy/syntax.ts';
import { ENTRIES, type Entry, ROOT } from './entries.ts';
import { PUBLIC_NAMES } from './public-names.ts';

// The public names of the built package, against a list kept by hand in public-names.ts.

test('every way into the package is in the list, and nothing else', () => {
  expect(Object.keys(PUBLIC_NAMES)).toEqual(ENTRIES.map(({ specifier }) => specifier));
});

describe.each(ENTRIES)('$specifier', (entry) => {
  const promised = PUBLIC_NAMES[entry.specifier];

  test('offers exactly the promised values', async () => {
    const built: object = await import(pathToFileURL(builtFile(entry.module, entry)).href);
    expect(Object.keys(built).sort()).toEqual(promised?.values);
  });

  test('offers exactly the promised types', () => {
    expect(typeNames(exportsOf(entry))).toEqual(promised?.types);
  });

  test('lists its names by hand', () => {
    const wholesale = exportsOf(entry).filter(({ type }) => type === 'ExportAllDeclaration');
    expect(wholesale, 'write the names out instead of `export *`').toEqual([]);
  });
});

function builtFile(path: string, { specifier }: Entry): string {
  const file = join(ROOT, path);
  if (existsSync(file)) return file;
  const source = path.replace('./dist/', '').replace(/(\.d)?\.[jt]s$/, '.ts');
  throw new Error(
    `${specifier}: there is no ${path}. Run \`npm run build\`; it comes from ${source}.`,
  );
}

function exportsOf(entry: Entry): SyntaxNode[] {
  const text = readFileSync(builtFile(entry.types, entry), 'utf8');
  return statementsOf({ path: entry.types, text }).filter(({ type }) => type.startsWith('Export'));
}

function typeNames(statements: readonly SyntaxNode[]): string[] {
  const names = statements.flatMap((statement) => {
    const declared = nodeIn(statement, 'declaration');
    const isType = declared !== null && /^TS(Interface|TypeAlias)/.test(declared.type);
    const listed = nodesIn(statement, 'specifiers')
      .filter((name) => statement['exportKind'] === 'type' || name['exportKind'] === 'type')
      .map((name) => nodeIn(name, 'exported'));
    return isType ? [...listed, nodeIn(declared, 'id')] : listed;
  });
  return names.map((name) => nameOf(name) ?? 'a name').sort();
}
