import { expect, test } from 'vitest';
import { counted, fromNow, howLong, oneLine, shown, timeOf } from '../../src/cli/in-words.ts';

const HOUR = 3_600_000;

test.each([
  [0, '0 s'],
  [999, '0 s'],
  [1_000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [HOUR - 1, '59 min 59 s'],
  [25 * HOUR, '1 d 1 h'],
  [24 * HOUR + 59 * 60_000, '1 d'],
  [-90_000, '1 min 30 s'],
])('%i ms is %s', (ms, words) => {
  expect(howLong(ms)).toBe(words);
});

test('what is to come, and what was', () => {
  expect(fromNow(5_000, 0)).toBe('in 5 s');
  expect(fromNow(0, 5_000)).toBe('5 s ago');
  expect(fromNow(5_000, 5_000)).toBe('in 0 s');
});

test('times are UTC to the second; one that no calendar has is told as it is', () => {
  expect(timeOf(Date.UTC(2026, 0, 31, 8, 15, 30, 999))).toBe('2026-01-31 08:15:30');
  expect(timeOf(1e20)).toBe('100000000000000000000');
});

test('what somebody else chose stays one line, and moves no cursor', () => {
  expect(oneLine('a\nb\u001b[2J\u2028c\u202Ed')).toBe('a?b?[2J?c?d');
  expect(oneLine('é ✓')).toBe('é ✓');
});

test('what somebody else chose is told as far as it fits a line, and never half a character', () => {
  expect(oneLine('x'.repeat(1_000))).toBe('x'.repeat(1_000));
  expect(oneLine('x'.repeat(1_001))).toBe(`${'x'.repeat(1_000)}…`);
  expect(oneLine(`${'x'.repeat(999)}😀`)).toBe(`${'x'.repeat(999)}…`);
  expect(shown('x'.repeat(2_000))).toBe(`"${'x'.repeat(999)}…`);
  expect(shown({ a: [1] })).toBe('{"a":[1]}');
  expect(shown(undefined)).toBe('nothing');
});

test('one and many', () => {
  expect([0, 1, 2].map((n) => counted(n, 'session'))).toEqual([
    '0 sessions',
    '1 session',
    '2 sessions',
  ]);
});
