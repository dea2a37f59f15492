import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createMemoryStore,
  LIMITS,
  type Session,
  StoreError,
  UpdateConflictError,
} from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';
import { quietRuntime, rejectionOf } from '../fixture.ts';

// Updates are as if made one at a time, however they overlap and whatever the store does.

const wait = (clock: VirtualClock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.scheduler.schedule(() => resolve(), ms);
  });

const numberIn = (data: unknown): number => (data as { n: number }).n;

const counting = async (options: { seed: number; faulty: boolean }) => {
  const clock = createVirtualClock();
  let state = options.seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const rates = options.faulty
    ? { failRate: 0.2, lostAnswerRate: 0.1, lostRequestRate: 0.1, delayMs: [0, 30] as const }
    : {};
  const memory = createMemoryStore();
  const store = faultyStore(memory, {
    clock,
    random,
    ...rates,
    only: (method) => method !== 'create',
  });
  const { runtime } = quietRuntime({ store }, clock);
  const creating = runtime.create({ data: { n: 0 } });
  await clock.advance(30);
  return { clock, store, memory, session: await creating };
};

test('however many increments overlap, they sum up', async () => {
  let conflicts = 0;
  let failures = 0;
  const increment = fc.record({ startMs: fc.nat(40), takesMs: fc.nat(20) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(increment, { minLength: 1, maxLength: 30 }),
      async (seed, increments) => {
        const { clock, store, memory, session } = await counting({ seed, faulty: true });
        let calls = 0;
        const results: number[] = [];
        const unexpected: unknown[] = [];
        const one = async ({ startMs, takesMs }: { startMs: number; takesMs: number }) => {
          await wait(clock, startMs);
          try {
            const after = await session.update(async (data) => {
              calls += 1;
              if (takesMs > 0) await wait(clock, takesMs);
              return { n: numberIn(data) + 1 };
            });
            results.push(numberIn(after));
          } catch (error) {
            failures += 1;
            if (!(error instanceof StoreError)) unexpected.push(error);
          }
        };
        const all = increments.map(one);
        await clock.advance(5_000);
        store.heal();
        await clock.advance(31_000);
        await Promise.all(all);
        // One that heard of a StoreError stands all the same.
        expect(unexpected).toEqual([]);
        expect(session.data).toEqual({ n: increments.length });
        expect((await memory.load(session.id))?.session.data).toEqual({ n: increments.length });
        expect(new Set(results).size).toBe(results.length);
        conflicts += calls - increments.length;
      },
    ),
    { numRuns: 200 },
  );
  // The runs did what they are for.
  expect(conflicts).toBeGreaterThan(200);
  expect(failures).toBeGreaterThan(100);
}, 60_000);

test('an update that others overtake each time gives up after so many tries', async () => {
  const { session } = await counting({ seed: 1, faulty: false });
  const overtake = (other: Session) => other.update((data) => ({ n: numberIn(data) + 1 }));
  let calls = 0;
  const error = await rejectionOf(
    session.update(async (data) => {
      calls += 1;
      await overtake(session);
      return { n: numberIn(data) + 1_000 };
    }),
  );
  expect(error).toBeInstanceOf(UpdateConflictError);
  expect(error).toMatchObject({ code: 'ERR_HOLDFAST_UPDATE_CONFLICT', retryable: true });
  expect(calls).toBe(LIMITS.updateTries);
  expect(session.data).toEqual({ n: LIMITS.updateTries });
});
