import fc from 'fast-check';
import { expect, test } from 'vitest';
import { step, World } from './planes-world.ts';

/*
 * The two planes over a store that delays, reorders its answers, fails one call in ten and loses one answer
 * in twenty, with listeners that call verbs in the middle of what they are told. Whatever the order of
 * things: what the session plane shows was committed first, what a caller was told is durable, a session ends
 * once, and with the store healed all three agree.
 */

test('whatever the order, the session plane shows what is durable, and an end is an end', async () => {
  let shown = 0;
  let ends = 0;
  let failures = 0;
  let reacted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(step, { minLength: 5, maxLength: 50 }),
      async (seed, steps) => {
        const world = new World(seed);
        for (const one of steps) await world.take(one);
        await world.rest();
        for (const events of world.events.values()) {
          shown += events.length;
          ends += events.filter((event) => event.type === 'session.ended').length;
        }
        reacted += world.reacted;
        failures += world.store.failed + world.store.lost;
      },
    ),
    { numRuns: 1_200 },
  );
  // The runs did what they are for.
  expect(shown).toBeGreaterThan(10_000);
  expect(ends).toBeGreaterThan(1_000);
  expect(failures).toBeGreaterThan(500);
  expect(reacted).toBeGreaterThan(1_000);
}, 120_000);
