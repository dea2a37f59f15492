import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DrainingError } from '../../../src/index.ts';
import { LIMITS } from '../../../src/limits.ts';
import { WakeQueue } from '../../../src/runtime/residency/wake-queue.ts';
import { rejectionOf } from '../fixture.ts';
import { after, faultyProcess, REST_MS } from './fixture.ts';

test('never more are under way than may be, none is passed over, and they begin in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.record({ turns: fc.nat(4), fails: fc.boolean() })),
      async (most, wakes) => {
        const queue = new WakeQueue(most);
        const begun: number[] = [];
        let running = 0;
        const asked = wakes.map(({ turns, fails }, index) =>
          queue.run(async () => {
            begun.push(index);
            running += 1;
            expect(running).toBeLessThanOrEqual(most);
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            running -= 1;
            if (fails) throw new Error('failed');
          }),
        );
        // Those that find a place do not wait for it.
        expect(begun).toHaveLength(Math.min(most, wakes.length));
        expect(queue.size).toBe(Math.max(0, wakes.length - most));
        const settled = await Promise.allSettled(asked);
        await Promise.resolve();
        expect(begun).toEqual(wakes.map((_, index) => index));
        expect(settled.map(({ status }) => status === 'rejected')).toEqual(
          wakes.map(({ fails }) => fails),
        );
        expect([queue.underWay, queue.size]).toEqual([0, 0]);
      },
    ),
  );
});

const MANY = 2 * LIMITS.wakesAtOnce + 1;

/** So many sessions that are stored, on a disk that counts the claims it is asked for. */
const manyStored = async (count: number) => {
  const process = faultyProcess({ maxPerPrincipal: count });
  const { clock, runtime, store } = process;
  const made = Array.from({ length: count }, () => runtime.create({ principal: 'ada' }));
  const sessions = await after(clock, Promise.all(made));
  await clock.advance(10_000 + REST_MS + 1_000);
  expect(runtime.stats()).toMatchObject({ resident: 0, hibernated: count });
  let claims = 0;
  const { claim } = store;
  store.claim = (id, owner) => {
    claims += 1;
    return claim(id, owner);
  };
  return { ...process, sessions, claims: () => claims };
};

test('of many that are asked for at once, so many are being woken, and all of them are woken', async () => {
  const { clock, runtime, sessions, context, claims } = await manyStored(MANY);
  const asked = Promise.all(sessions.map((session) => session.touch()));
  await clock.settle();
  expect([claims(), context.reserved.size]).toEqual([LIMITS.wakesAtOnce, LIMITS.wakesAtOnce]);
  expect(runtime.stats().byResidency).toMatchObject({ waking: LIMITS.wakesAtOnce });
  await after(clock, asked);
  expect(runtime.stats()).toMatchObject({ woken: MANY, resident: MANY });
  expect([context.wakes.underWay, context.wakes.size, context.reserved.size]).toEqual([0, 0, 0]);
  expect(runtime.validateAll()).toEqual([]);
});

test('one that is ended while it waits for its wake ends, and is not woken', async () => {
  const { clock, runtime, sessions } = await manyStored(LIMITS.wakesAtOnce + 1);
  const asked = sessions.map((session) => session.touch());
  const last = sessions.at(-1);
  const ended = last?.terminate();
  asked.at(-1)?.catch(() => undefined);
  await clock.advance(50);
  expect(await ended).toBe('client');
  expect((await Promise.allSettled(asked)).at(-1)?.status).toBe('rejected');
  expect(runtime.stats()).toMatchObject({ woken: LIMITS.wakesAtOnce, ended: { client: 1 } });
});

test('those that wait for their wake when a drain begins are told so, and stay stored', async () => {
  const { clock, runtime, sessions, context, disk } = await manyStored(MANY);
  const asked = sessions.map((session) => session.touch());
  const refusals = asked.map((one) => rejectionOf(one));
  await clock.settle();
  const drained = runtime.drain({ operationsMs: 0 });
  await clock.advance(10_000);
  expect((await drained).left).toEqual([]);
  for (const refusal of await Promise.all(refusals)) expect(refusal).toBeInstanceOf(DrainingError);
  expect(context.wakes.size).toBe(0);
  expect(disk.records().filter(({ owner, state }) => owner !== null || state !== 'idle')).toEqual(
    [],
  );
});
