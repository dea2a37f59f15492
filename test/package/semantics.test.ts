import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPage } from './code-blocks.ts';
import { ROOT } from './entries.ts';

// docs/semantics.md promises nothing without a test. Here: that each test it names is there. That it passes, and
// fails where the promise is broken, is that test's own affair.

interface Proof {
  readonly file: string;
  readonly name: string;
}

interface Guarantee {
  readonly group: string;
  readonly sentence: string;
  readonly proofs: readonly Proof[];
}

const PROOF = /\[[^\]]+\]\(\.\.\/([^)]+)\)\s+"([^"]+)"/g;
const NOT_PROMISED = 'What is not promised';

const proofsIn = (text: string): Proof[] =>
  [...text.matchAll(PROOF)].map(([, file = '', name = '']) => ({ file, name }));

const guarantees = (page: string): Guarantee[] =>
  page.split(/^## /m).flatMap((part) => {
    const [group = '', ...items] = part.split(/\n(?=- )/);
    return items.map((item) => ({
      group: group.split('\n', 1)[0] ?? '',
      sentence: (item.slice(2).split('[', 1)[0] ?? '').replace(/\s+/g, ' ').trim(),
      proofs: proofsIn(item.replace(/\s+/g, ' ')),
    }));
  });

const PAGE = readPage('docs/semantics.md');
const GUARANTEES = guarantees(PAGE);
const PROMISED = GUARANTEES.filter(({ group }) => group !== NOT_PROMISED);

/** Whether a file has a test of that name that runs: a text that is the first argument of a call, not of a skip. */
const hasTest = (source: string, name: string): boolean => {
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  const call = new RegExp(`\\(\\s*(['"\`])${quoted}\\1\\s*,`).exec(source);
  if (call === null) return false;
  // What is called: of `test.each(MANY)('…', f)` the beginning, which stands before the many.
  const called = source.slice(0, call.index + 1).match(/\b(test|it)(\.\w+)*(?=\()/g) ?? [];
  return !/\.(skip|todo|fails)\b/.test(called.at(-1) ?? '');
};

test('the page is read as it is written', () => {
  expect(new Set(GUARANTEES.map(({ group }) => group)).size).toBe(12);
  expect(PROMISED.length).toBeGreaterThan(70);
  expect(GUARANTEES.length).toBeGreaterThan(PROMISED.length);
  // Every link to a test is one of a proof.
  const links = PAGE.match(/\]\(\.\.\/test\//g) ?? [];
  expect(proofsIn(PAGE.replace(/\s+/g, ' '))).toHaveLength(links.length);
});

test('a test is found by its whole name, and not where it is skipped', () => {
  const source =
    "test('one', f); test.each(MANY)(\n  'two %s',\n f); test.skip('three', f); test.fails.each(MANY)('four %s', f);";
  const named = ['one', 'two %s', 'three', 'four %s', 'on', 'MANY'];
  expect(named.filter((name) => hasTest(source, name))).toEqual(['one', 'two %s']);
});

describe.each(PROMISED)('$group: $sentence', ({ sentence, proofs }) => {
  test('is one sentence, with a test that is there', () => {
    expect(sentence).toMatch(/^[^.].*\.$/);
    expect(sentence.slice(0, -1)).not.toMatch(/[.!?] /);
    expect(proofs.length).toBeGreaterThan(0);
    for (const proof of proofs) expect(isThere(proof), `${proof.file}: ${proof.name}`).toBe(true);
  });
});

test('no test is named twice for one promise', () => {
  const twice = PROMISED.filter(
    ({ proofs }) => new Set(proofs.map(({ file, name }) => file + name)).size < proofs.length,
  );
  expect(twice).toEqual([]);
});

test('so are the tests of the whole', () => {
  const [before = ''] = PAGE.split(/^## /m);
  const proofs = proofsIn(before.replace(/\s+/g, ' '));
  expect(proofs).toHaveLength(2);
  for (const proof of proofs) expect(isThere(proof), proof.name).toBe(true);
});

function isThere({ file, name }: Proof): boolean {
  const path = join(ROOT, file);
  return existsSync(path) && hasTest(readFileSync(path, 'utf8'), name);
}
