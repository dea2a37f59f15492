import { describe, expect, test } from 'vitest';
import { readSources } from './tidy/files.ts';
import { twoWayImports } from './tidy/imports.ts';
import { PLANTED } from './tidy/planted.ts';
import { medianLength } from './tidy/shape.ts';
import type { Finding } from './tidy/syntax.ts';

// The house rules. Each rule is a pure function over one file (test/tidy/); it runs over everything here,
// and over planted violations, which it must catch.

const sources = readSources();
const told = ({ path, line, found, instead }: Finding): string =>
  `${path}:${line}  ${found}; instead: ${instead}`;

describe.each(PLANTED)('$about', ({ rule, caught, fine }) => {
  test('holds everywhere', () => {
    expect(sources.flatMap(rule).map(told)).toEqual([]);
  });

  test('catches every planted violation', () => {
    const escaped = caught.filter(([path, text]) => rule({ path, text }).length === 0);
    expect(escaped).toEqual([]);
  });

  test('leaves alone what only looks like one', () => {
    const blamed = fine.flatMap(([path, text]) => rule({ path, text }));
    expect(blamed.map(told)).toEqual([]);
  });
});

describe('neighbours on one level import one another one way', () => {
  test('holds everywhere', () => {
    expect(twoWayImports(sources).map(told)).toEqual([]);
  });

  const http = { path: 'src/http/a.ts', text: "import { b } from '../mcp/b.ts';" };
  const mcp = { path: 'src/mcp/b.ts', text: "import { a } from '../http/a.ts';" };

  test('a pair that does both is caught, one direction is not', () => {
    expect(twoWayImports([http, mcp])).toHaveLength(1);
    expect(twoWayImports([mcp])).toEqual([]);
  });
});

const product = sources.filter(({ path }) => path.startsWith('src/'));
const median = medianLength(product);

test(`the middle one of the ${product.length} files in src/ has ${median} lines, at most 120`, () => {
  expect(median).toBeGreaterThan(0);
  expect(median).toBeLessThanOrEqual(120);
});
