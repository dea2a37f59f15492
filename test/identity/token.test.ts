import { expect, test } from 'vitest';
import { mintToken } from '../../src/identity/token.ts';

test('tokens are 128 bits of base64url and never come twice', () => {
  const tokens = Array.from({ length: 5_000 }, mintToken);
  expect(new Set(tokens).size).toBe(5_000);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test('no place of a token is fixed or counted', () => {
  const tokens = Array.from({ length: 2_000 }, mintToken);
  for (let place = 0; place < 21; place++) {
    expect(new Set(tokens.map((token) => token[place])).size, `place ${place}`).toBe(64);
  }
});
