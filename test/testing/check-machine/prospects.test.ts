import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { checkMachine } from '../../../src/testing/index.ts';

/** A way of so many steps, at each of which it can be given up. */
const wayOf = (length: number) =>
  createMachine({
    id: 'way',
    initial: 'at0',
    states: {
      ...Object.fromEntries(
        Array.from({ length }, (_, at) => [
          `at${at}`,
          { on: { NEXT: at + 1 === length ? 'there' : `at${at + 1}`, GIVE_UP: 'lost' } },
        ]),
      ),
      there: { type: 'final' as const },
      lost: { type: 'final' as const },
    },
  });

test('the end of a long way is reached, though every step of it could have been the last', async () => {
  for (const seed of [1, 2, 3]) {
    const report = await checkMachine(wayOf(10), {
      events: { NEXT: {}, GIVE_UP: {} },
      runs: 30,
      seed,
    });
    // By chance alone, one run of a thousand.
    expect(report.runs).toBe(30);
  }
});
