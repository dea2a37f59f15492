import { expect, test } from 'vitest';
import { refuseOtherNames } from '../../src/errors/known-names.ts';
import { InvalidOptionError } from '../../src/errors.ts';

const KNOWN = { authenticate: true, allowedHosts: true, maxBodyBytes: true, bus: true } as const;

const refusalOf = (options: unknown, hint?: (name: string) => string | null): string => {
  try {
    refuseOtherNames('serve', KNOWN, options, hint);
  } catch (error) {
    if (error instanceof InvalidOptionError) return error.message;
    throw error;
  }
  return '';
};

const ALL = 'one of the options of serve: authenticate, allowedHosts, maxBodyBytes, bus';

test.each([
  ['authentcate', 'authenticate'],
  ['Authenticate', 'authenticate'],
  ['allowedhost', 'allowedHosts'],
  ['maxBody', 'maxBodyBytes'],
  ['maxBodyBytesPerRequest', 'maxBodyBytes'],
  ['buss', 'bus'],
])('%s is refused, with what is like it: %s', (given, meant) => {
  expect(refusalOf({ [given]: 1 })).toBe(
    `an option is "${given}", but must be ${ALL} (did you mean ${meant}?).`,
  );
});

test.each(['port', 'x', 'x'.repeat(10_000), 'toString'])(
  'what is like none is refused with all there are: %s',
  (given) => {
    expect(refusalOf({ [given]: 1 })).toMatch(new RegExp(`must be ${ALL}\\.$`));
  },
);

test('a hint says more than a likeness', () => {
  expect(refusalOf({ bux: 1 }, (name) => `${name} is for others`)).toContain('(bux is for others)');
});

test.each([undefined, null, 'x', 7, [], () => 1])('options cannot be %j', (options) => {
  expect(refusalOf(options)).toMatch(/^the options of serve is .*, but must be an object\.$/);
});

test('what is known comes in, whatever it is', () => {
  expect(refusalOf({ authenticate: undefined, bus: 7 })).toBe('');
});
