import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { checkedPrincipal } from '../../src/identity/principal.ts';

test('a principal is a name, as it is given', () => {
  for (const name of ['a', 'ada@example.org', ' ', 'é', 'null', 'x'.repeat(256)]) {
    expect(checkedPrincipal(name)).toBe(name);
  }
});

test('nobody is null, said or not', () => {
  expect(checkedPrincipal(null)).toBeNull();
  expect(checkedPrincipal(undefined)).toBeNull();
});

test.each(['', 'x'.repeat(257), 'a\0', 'a\ud83e', '\uddf5', 0, false, Number.NaN, {}, [], ['ada']])(
  '%j is neither, and is never taken for an anonymous caller',
  (value) => {
    expect(() => checkedPrincipal(value)).toThrow(InvalidOptionError);
    expect(() => checkedPrincipal(value)).toThrow(/principal .* 1 to 256 characters/);
  },
);
