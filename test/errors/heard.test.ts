import { expect, test } from 'vitest';
import { heard } from '../../src/errors/heard.ts';
import { hearWarnings } from './warnings.ts';

test('where nobody hears, the first error is a warning of the process, and no other', async () => {
  const warnings = hearWarnings();
  const tell = heard('createMcpSessions', undefined);
  tell(new Error('no tools', { cause: new TypeError('x is none') }));
  tell(new Error('again'));
  expect(await warnings()).toEqual([
    'createMcpSessions: Error: no tools: TypeError: x is none. Nobody hears of such errors: ' +
      'give it the option onError. Further ones are not printed.',
  ]);
});

test.each([
  ['two\nlines', 'a: two.'],
  [Object.create(null), 'a: something without words.'],
  [undefined, 'a: undefined.'],
])('whatever was thrown, it is told in one line: %j', async (thrown, told) => {
  const warnings = hearWarnings();
  heard('a', undefined)(thrown);
  const [warning] = await warnings();
  expect(warning?.startsWith(told)).toBe(true);
  expect(warning).not.toContain('\n');
});

test('with onError nothing is warned of, and that one hears all', async () => {
  const warnings = hearWarnings();
  const errors: unknown[] = [];
  const tell = heard('a', (error) => errors.push(error));
  tell(1);
  tell(2);
  expect(errors).toEqual([1, 2]);
  expect(await warnings()).toEqual([]);
});

test('what onError throws, or rejects with, stops nothing', async () => {
  const throwing = heard('a', () => {
    throw new Error('deaf');
  });
  const rejecting = heard('a', () => Promise.reject(new Error('deaf')));
  expect(() => throwing(1)).not.toThrow();
  expect(() => rejecting(1)).not.toThrow();
  // An unhandled rejection would fail the suite.
  await new Promise((resolve) => setImmediate(resolve));
});
