import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/cli/duration.ts';

test.each([
  ['500ms', 500],
  ['2s', 2_000],
  ['1.5m', 90_000],
  ['8h', 28_800_000],
  ['7d', 604_800_000],
  ['off', 'off'],
])('%s is %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  '5',
  '0s',
  '-1s',
  '0.1ms',
  's',
  '1 s',
  '1S',
  'Infinity',
  'NaN',
  '1e3s',
  'OFF',
  '99999999999999999d',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test('where nothing at all is a duration too, it is one with its unit', () => {
  expect(parseDuration('0ms', 0)).toBe(0);
  expect(parseDuration('0s', 0)).toBe(0);
  expect(parseDuration('0', 0)).toBeNull();
  expect(parseDuration('-1s', 0)).toBeNull();
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
  expect(formatDuration(Number.POSITIVE_INFINITY)).toBe('off');
  expect(formatDuration(90_000)).toBe('90s');
});
