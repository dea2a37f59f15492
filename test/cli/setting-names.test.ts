import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flagOf, kebab, nearest, variableOf } from '../../src/cli/setting-names.ts';

test('one name, three ways of writing it', () => {
  expect(kebab('idleAfter')).toBe('idle-after');
  expect(flagOf('maxSessionsPerPrincipal')).toBe('--max-sessions-per-principal');
  expect(variableOf('maxSessionsPerPrincipal')).toBe('HOLDFAST_MAX_SESSIONS_PER_PRINCIPAL');
});

const NAMES = ['port', 'host', 'idle-after', 'idle-timeout', 'max-sessions'];

test.each([
  ['idel-after', 'idle-after'],
  ['idle-aftre', 'idle-after'],
  ['idletimeout', 'idle-timeout'],
  ['max-session', 'max-sessions'],
  ['ports', 'port'],
])('who writes %s means %s', (written, meant) => {
  expect(nearest(written, NAMES)).toBe(meant);
});

test('a name with one letter too many, too few or wrong is nearest to itself', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('idle-timeout', 'max-sessions', 'sweep-interval', 'tombstone'),
      fc.nat(8),
      fc.constantFrom('', 'x', 'xx'),
      (name, at, instead) => {
        const written = name.slice(0, at) + instead + name.slice(at + 1);
        const known = ['sweep-interval', 'tombstone', 'max-sessions', 'idle-timeout'];
        expect(nearest(written, known)).toBe(name);
      },
    ),
  );
});
