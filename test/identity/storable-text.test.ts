import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { isStorableText, storableText } from '../../src/identity/storable-text.ts';

test.each(['', 'a', 'é', 'e\u0301', '🧵', '\u0001', '\uffff', '\u{10ffff}', 'a🧵b🧵'])(
  '%j can be kept',
  (text) => {
    expect(isStorableText(text)).toBe(true);
    expect(storableText('key', text)).toBe(text);
  },
);

test.each(['\0', 'a\0b', '\ud83e', 'a\ud83e', '\uddf5a', '\uddf5\ud83e', '🧵\uddf5'])(
  '%j cannot, and is not told',
  (text) => {
    expect(isStorableText(text)).toBe(false);
    expect(() => storableText('key', text)).toThrow(InvalidOptionError);
    expect(() => storableText('key', text)).toThrow(
      `key is a text of ${text.length} characters, but must be well-formed Unicode without U+0000.`,
    );
  },
);

test('nobody is nobody', () => {
  expect(storableText('principal', null)).toBeNull();
});
