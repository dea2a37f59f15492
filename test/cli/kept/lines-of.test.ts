import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../../../src/cli/kept/lines-of.ts';

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

const linesIn = async (parts: readonly Uint8Array[], most?: number) => {
  const found = [];
  for await (const line of linesOf(chunks(parts), most)) found.push(line);
  return found;
};

test('lines are found wherever the bytes are cut, with what others take for an end inside them', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '😀', '\r', '\u2028', '\u0085', ' '));
  const given = fc.record({ lines: fc.array(text), cuts: fc.array(fc.nat(60)) });
  await fc.assert(
    fc.asyncProperty(given, async ({ lines, cuts }) => {
      const texts = lines.map((one) => one.join(''));
      const bytes = Buffer.from(texts.map((one) => `${one}\n`).join(''));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
        (one, other) => one - other,
      );
      const parts = places.slice(1).map((to, at) => bytes.subarray(places[at], to));
      expect(await linesIn(parts)).toEqual(texts.map((one, at) => ({ number: at + 1, text: one })));
    }),
  );
});

test('a last line without its end is one too; no bytes are no line', async () => {
  expect(await linesIn([Buffer.from('a\nb')])).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: 'b' },
  ]);
  expect(await linesIn([])).toEqual([]);
});

test('a mark at the beginning is no part of what is left out: the line is told as it is', async () => {
  expect(await linesIn([Buffer.from('\ufeffa')])).toEqual([{ number: 1, text: '\ufeffa' }]);
});

test('what is no UTF-8, and a line that is too long, are told with their number', async () => {
  await expect(linesIn([Buffer.from('a\n'), Buffer.from([0xff, 0x0a])])).rejects.toThrow(
    'line 2: is not UTF-8.',
  );
  await expect(linesIn([Buffer.from('ab\nabc'), Buffer.from('d')], 3)).rejects.toThrow(
    'line 2: is longer than 3 bytes.',
  );
  expect(await linesIn([Buffer.from('abc\nabc')], 3)).toHaveLength(2);
});
