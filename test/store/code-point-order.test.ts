import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byCodePoint, hasHighCharacters } from '../../src/store/code-point-order.ts';

test('the order is that of the bytes of UTF-8', () => {
  const unit = fc.constantFrom(
    'a',
    'b',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '🧵',
    '\u{10ffff}',
  );
  const text = fc.string({ unit, maxLength: 3 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(byCodePoint(a, b))).toBe(bytes);
      if (hasHighCharacters(a + b)) return;
      expect(bytes).toBe(a === b ? 0 : a < b ? -1 : 1);
    }),
    { numRuns: 2_000 },
  );
});
