import fc from 'fast-check';
import { expect, test } from 'vitest';
import { harmless } from '../../src/cli/harmless.ts';

const COMMANDING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    '"',
    '\\',
    'é',
    '😀',
    ...['\0', '\n', '\t', '\u001b', '\u007f', '\u0085', '\u009b', '\u2028', '\u202e', '\u2066'],
  ),
});

test('no line commands a terminal, and one of JSON means the same', () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(harmless(given)).not.toMatch(COMMANDING);
      const json = harmless(JSON.stringify({ [given]: given }));
      expect(json).not.toMatch(COMMANDING);
      expect(JSON.parse(json)).toEqual({ [given]: given });
    }),
  );
});

test('what is harmless stays as it is; the rest is told as it would be in JSON', () => {
  expect(harmless('é ✓ 😀 \\ "')).toBe('é ✓ 😀 \\ "');
  expect(harmless('a\u001b]0;x\u0007\u007f\u009b\u202e')).toBe(
    'a\\u001b]0;x\\u0007\\u007f\\u009b\\u202e',
  );
});

test('the colours of this program are let through where they are asked for, and nothing else', () => {
  const line = '\u001b[32mready\u001b[0m \u001b[2J\u001b[8m\u001b[1;31m\u001b';
  expect(harmless(line, true)).toBe(
    '\u001b[32mready\u001b[0m \\u001b[2J\\u001b[8m\\u001b[1;31m\\u001b',
  );
  expect(harmless('\u001b[32mready')).toBe('\\u001b[32mready');
});
