import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asCode, asShortCode, isData } from '../../src/testing/as-code.ts';

const evaluated = (code: string): unknown => new Function(`return (${code});`)();

test('data comes back as it was', () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true });
  fc.assert(
    fc.property(anything, (value) => {
      expect(evaluated(asCode(value))).toEqual(value);
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => evaluated(asCode(text)) === text));
});

test('it reads as people write it', () => {
  expect(asCode({ type: 'PAY', amount: 3, 'to-whom': ["Ada's", '"Bob"'] })).toBe(
    `{ type: 'PAY', amount: 3, 'to-whom': ['Ada\\'s', '"Bob"'] }`,
  );
  expect(asCode([{}, -0, undefined, Number.NaN, 1n])).toBe('[{}, -0, undefined, NaN, 1n]');
});

test('a field by the name of the prototype stays a field', () => {
  const value: object = JSON.parse('{ "__proto__": { "a": 1 } }');
  expect(Object.keys(Object(evaluated(asCode(value))))).toEqual(['__proto__']);
});

test('what has no literal is told of', () => {
  class Money {
    readonly cents = 5;
  }
  expect(asCode(new Money())).toBe('{ cents: 5 } /* Money */');
  expect(asCode({ f: () => 1 })).toBe('{ f: undefined /* function */ }');
});

test('in short, the rest is left out', () => {
  class Actor {
    readonly self = this;
  }
  expect(asShortCode({ count: 1, by: new Actor() })).toBe('{ count: 1, by: {…} /* Actor */ }');
  expect(asShortCode({ a: { b: { c: { d: 1, e: [2] } } } })).toBe(
    '{ a: { b: { c: { d: 1, e: […] } } } }',
  );
  expect(asShortCode([[[[[], {}]]]])).toBe('[[[[[…], {…}]]]]');
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(asShortCode(cycle)).toContain('{…}');
  expect(asShortCode('a'.repeat(1_000))).toHaveLength(301);
});

test('data is what comes back as it was', () => {
  const shared = { a: [1n, null, undefined, new Date(0)] };
  expect(isData({ one: shared, two: shared })).toBe(true);
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  for (const none of [() => 1, Symbol.iterator, { f: () => 1 }, [new Map()], cycle]) {
    expect(isData(none)).toBe(false);
  }
});
