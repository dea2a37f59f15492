import { expect, test } from 'vitest';
import { flagsHelp, readArguments } from '../../src/cli/arguments.ts';

const FLAGS = {
  data: { shape: 'folder', about: 'Where' },
  skipExisting: { shape: null, about: 'Leaves them' },
} as const;
const REST = { what: 'one file', least: 1, most: 1 };

const read = (...args: string[]) => {
  const result = readArguments({ flags: FLAGS, rest: REST }, args);
  if ('mistakes' in result) return result.mistakes;
  const { given } = result;
  return { data: given.text('data'), skips: given.has('skipExisting'), rest: given.rest };
};

test('flags, their values, and what is no flag, in any order', () => {
  const all = { data: 'x', skips: true, rest: ['file'] };
  expect(read('--data', 'x', '--skip-existing', 'file')).toEqual(all);
  expect(read('file', '--skip-existing', '--data=x')).toEqual(all);
  expect(read('-')).toEqual({ data: null, skips: false, rest: ['-'] });
  expect(read('--', '--data')).toEqual({ data: null, skips: false, rest: ['--data'] });
});

test('every mistake is told at once', () => {
  expect(read('--dat', 'x', '--skip-existing=1', 'a', 'b', 'c', '--data')).toEqual([
    '--dat is no flag; the nearest one is --data.',
    '--skip-existing takes no value.',
    '--data needs a value: a folder.',
    'b c is too much: it takes one file.',
  ]);
  // One that brings its value takes nothing of what follows.
  expect(read('--dat=x', 'a', 'b')).toEqual([
    '--dat is no flag; the nearest one is --data.',
    'b is too much: it takes one file.',
  ]);
  expect(read()).toEqual(['It needs one file.']);
  // What is missing may be what stood behind the flag that was misread.
  expect(read('--dat', 'file')).toEqual(['--dat is no flag; the nearest one is --data.']);
  expect(readArguments({ flags: {} }, ['--any', 'x', 'y'])).toEqual({
    mistakes: ['--any is no flag: it takes none.', 'y is too much: it takes flags only.'],
  });
});

test('the help has each flag with what it takes', () => {
  expect(flagsHelp(FLAGS)).toBe('  --data <folder>  Where\n  --skip-existing  Leaves them');
  const two = { a: FLAGS.data, longer: { shape: null, about: 'More' } };
  expect(flagsHelp(two)).toBe('  --a <folder>  Where\n  --longer      More');
});
