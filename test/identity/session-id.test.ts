import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidSessionIdError } from '../../src/errors.ts';
import { assertSessionId, isSessionId, mintSessionId } from '../../src/identity/session-id.ts';

test('an id is ses_ and 192 bits of base64url, and none comes twice', () => {
  const ids = Array.from({ length: 20_000 }, mintSessionId);
  expect(new Set(ids).size).toBe(20_000);
  for (const id of ids) expect(id).toMatch(/^ses_[A-Za-z0-9_-]{32}$/);
});

test('every place of an id takes all of its 64 values', () => {
  const ids = Array.from({ length: 3_000 }, mintSessionId);
  for (let place = 4; place < 36; place += 1) {
    expect(new Set(ids.map((id) => id[place])).size, `place ${place}`).toBe(64);
  }
});

test('what was minted is let in', () => {
  for (let count = 0; count < 1_000; count += 1) {
    const id = mintSessionId();
    expect(isSessionId(id)).toBe(true);
    expect(() => assertSessionId(id)).not.toThrow();
  }
});

test('one character more, less or other is not', () => {
  const place = fc.nat(35);
  const foreign = fc.constantFrom(' ', '\n', '+', '/', '=', '.', 'é', '\u0000', '💥');
  fc.assert(
    fc.property(place, foreign, (at, character) => {
      const id = mintSessionId();
      expect(isSessionId(id.slice(0, at) + character + id.slice(at + 1))).toBe(false);
      expect(isSessionId(id.slice(0, at) + id.slice(at + 1))).toBe(false);
      expect(isSessionId(`${id}${character}`)).toBe(false);
      expect(isSessionId(`${character}${id}`)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test.each([undefined, null, 0, '', 'ses_', {}, [mintSessionId()], Symbol('x')])(
  'value %# is no id, and the refusal repeats nothing of it',
  (value) => {
    expect(isSessionId(value)).toBe(false);
    let refusal: unknown;
    try {
      assertSessionId(value);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(InvalidSessionIdError);
    expect(refusal).toEqual(new InvalidSessionIdError());
  },
);
