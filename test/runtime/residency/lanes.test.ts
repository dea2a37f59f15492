import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lanes } from '../../../src/runtime/residency/lanes.ts';

test('steps of one session run one after another, whatever becomes of them; others do not wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ who: fc.nat(2), turns: fc.nat(4), fails: fc.boolean() })),
      async (steps) => {
        let rests = 0;
        const lanes = new Lanes<object>(() => {
          rests += 1;
        });
        const sessions = [{}, {}, {}];
        const running = new Set<object>();
        const order: number[][] = [[], [], []];
        const made = steps.map(({ who, turns, fails }, index) => {
          const session = sessions[who] ?? {};
          return lanes.run(session, async () => {
            expect(running.has(session)).toBe(false);
            running.add(session);
            order[who]?.push(index);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            running.delete(session);
            if (fails) throw new Error('failed');
            return index;
          });
        });
        const settled = await Promise.allSettled(made);
        await Promise.resolve();
        settled.forEach((one, index) => {
          expect(one.status).toBe(steps[index]?.fails ? 'rejected' : 'fulfilled');
        });
        for (const [who, done] of order.entries()) {
          const asked = steps.flatMap((step, index) => (step.who === who ? [index] : []));
          expect(done).toEqual(asked);
        }
        expect(lanes.size).toBe(0);
        expect(rests > 0).toBe(steps.length > 0);
      },
    ),
  );
});

test('a step with nobody before it begins at once, and its session has a lane until it is over', async () => {
  const lanes = new Lanes<object>(() => undefined);
  const session = {};
  let begun = false;
  const step = lanes.run(session, async () => {
    begun = true;
  });
  expect([begun, lanes.has(session), lanes.size]).toEqual([true, true, 1]);
  await step;
  await Promise.resolve();
  expect([lanes.has(session), lanes.size]).toEqual([false, 0]);
});
