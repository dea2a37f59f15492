import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { jsonCopy } from '../../src/store/json-copy.ts';

const isFrozenThrough = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozenThrough));

test('any JSON is copied as it is, frozen through, and shares nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const before = JSON.stringify(value);
      const copied = jsonCopy(value, 'data');
      expect(copied).toStrictEqual(value);
      expect(isFrozenThrough(copied)).toBe(true);
      if (typeof value === 'object' && value !== null) expect(copied).not.toBe(value);
      expect(JSON.stringify(value)).toBe(before);
    }),
  );
});

test('an own "__proto__" stays data and pollutes nothing', () => {
  const copied = jsonCopy(JSON.parse('{"__proto__":{"polluted":true}}'), 'data');
  expect(Object.getPrototypeOf(copied)).toBe(Object.prototype);
  expect(JSON.stringify(copied)).toBe('{"__proto__":{"polluted":true}}');
  expect({}).not.toHaveProperty('polluted');
});

test('a property that is undefined is left out, as JSON does', () => {
  expect(Object.keys(jsonCopy({ a: undefined, b: 1 }, 'data'))).toEqual(['b']);
});

class Point {
  readonly x = 1;
}
const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each([
  ['undefined', undefined],
  ['undefined in an array', [undefined]],
  ['a hole in an array', Array(1)],
  ['NaN', { n: Number.NaN }],
  ['an infinity', [Infinity]],
  ['a bigint', 1n],
  ['a function', { f: () => 1 }],
  ['a symbol', Symbol('s')],
  ['a Date', { at: new Date(0) }],
  ['a Map', new Map()],
  ['bytes', new Uint8Array(1)],
  ['an instance of a class', new Point()],
  ['a cycle', cycle],
])('%s is refused, by name of what it was part of', (_, value) => {
  expect(() => jsonCopy(value, 'metadata')).toThrow(InvalidOptionError);
  expect(() => jsonCopy(value, 'metadata')).toThrow(/^metadata is /);
});

test('an object without a prototype is plain too', () => {
  expect(jsonCopy(Object.assign(Object.create(null), { a: 1 }), 'data')).toStrictEqual({ a: 1 });
});
