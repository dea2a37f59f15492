import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Session } from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { seededRandomness } from '../../../src/testing/seeded-randomness.ts';
import { newDisk, processOver } from './fixture.ts';

// What is counted along and what is promised, held against what the store has.

const CALLS = {
  touch: (session: Session) => session.touch(),
  pause: (session: Session) => session.pause(),
  append: (session: Session) => session.append({ role: 'user', content: 'hello' }),
  terminate: (session: Session) => session.terminate(),
};

const STEP = fc.record({
  what: fc.constantFrom('create', 'create', 'touch', 'pause', 'append', 'terminate', 'wait'),
  who: fc.nat(),
  principal: fc.constantFrom('ada', 'bob'),
  ms: fc.oneof(fc.nat(20), fc.nat(4_000)),
} as const);

test('however calls, a full runtime and a failing store meet, each session is counted once and no slot stays promised', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(STEP, { minLength: 10, maxLength: 60 }),
      fc.nat(),
      async (steps, seed) => {
        const { clock, disk } = newDisk();
        const randomness = seededRandomness(seed);
        const store = faultyStore(disk.open(), {
          clock,
          random: () => randomness.number(),
          failRate: 0.05,
          lostRequestRate: 0.05,
          lostAnswerRate: 0.1,
          delayMs: [0, 5],
        });
        store.heal();
        const { runtime, context } = processOver(
          { clock, disk: { ...disk, open: () => store } },
          { maxResident: 2, deadlines: { hibernateAfterMs: 500, idleAfterMs: 1_000 }, randomness },
        );
        await clock.advance(50);
        store.break();
        const sessions: Session[] = [];
        for (const { what, who, principal, ms } of steps) {
          const session = sessions[who % sessions.length];
          if (what === 'create') {
            runtime.create({ principal }).then(
              (made) => sessions.push(made),
              () => undefined,
            );
          } else if (what !== 'wait' && session !== undefined) {
            CALLS[what](session).catch(() => undefined);
          }
          await clock.advance(ms);
        }
        store.heal();
        await clock.advance(40_000);
        const living = disk.records().filter(({ state }) => state !== 'terminated');
        expect(context.census?.total).toBe(living.length);
        for (const principal of ['ada', 'bob']) {
          await Promise.all([context.census?.learn(principal), clock.advance(20)]);
          const own = living.filter((record) => record.principal === principal);
          expect(context.census?.of(principal)).toBe(own.length);
        }
        expect([context.reserved.size, context.lanes.size, context.endingAway.size]).toEqual([
          0, 0, 0,
        ]);
      },
    ),
    { numRuns: 40 },
  );
});
