import { expect, test } from 'vitest';
import { ForbiddenError, SessionTerminatedError, StoreError } from '../../../src/index.ts';
import { faultyRuntime, quietRuntime, recordOf, rejectionOf, standing } from '../fixture.ts';

// All sessions of a principal, in one call.

test('all of a principal end, and nobody else’s', async () => {
  const { runtime } = quietRuntime();
  const own = await Promise.all([1, 2, 3].map(() => runtime.create({ principal: 'ada' })));
  const others = [await runtime.create({ principal: 'bob' }), await runtime.create()];
  await own[1]?.pause();
  expect(await runtime.terminateAll('ada')).toBe(3);
  expect(own.map((one) => one.info().reason)).toEqual(['operator', 'operator', 'operator']);
  expect(others.map(({ state }) => state)).toEqual(['active', 'active']);
  expect(await runtime.terminateAll('ada')).toBe(0);
  expect(await runtime.as('bob').terminateAll()).toBe(1);
  expect(others[0]?.info().reason).toBe('client');
});

test('it resolves once the ends are recorded', async () => {
  const { clock, runtime, memory } = faultyRuntime({ delayMs: [10, 10] });
  const made = runtime.create({ principal: 'ada' });
  await clock.advance(10);
  const session = await made;
  const all = runtime.terminateAll('ada');
  await clock.advance(9);
  expect((await standing(clock, all)).is).toBe('pending');
  await clock.advance(1);
  expect(await all).toBe(1);
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
});

test('an end that had begun is joined, and one that is being made is ended', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [10, 10] });
  const made = runtime.create({ principal: 'ada' });
  await clock.advance(10);
  const ending = (await made).terminate('client');
  const making = rejectionOf(runtime.create({ principal: 'ada' }));
  const all = runtime.terminateAll('ada', 'operator');
  await clock.advance(100);
  expect(await all).toBe(2);
  expect(await ending).toBe('client');
  expect(await making).toBeInstanceOf(SessionTerminatedError);
  expect(runtime.stats().resident).toBe(0);
});

test('where one end cannot be recorded, all are tried, and the first error is told', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const own = await Promise.all([1, 2, 3].map(() => runtime.create({ principal: 'ada' })));
  const { commit } = store;
  store.commit = async (held, change) => {
    if (held.id === own[0]?.id) throw new Error('not this one');
    return commit(held, change);
  };
  expect(await rejectionOf(runtime.terminateAll('ada'))).toBeInstanceOf(StoreError);
  expect(own.map(({ state }) => state)).toEqual(['active', 'terminated', 'terminated']);
  store.commit = commit;
  await clock.advance(1_000);
  expect(own[0]?.info().reason).toBe('operator');
});

test('anonymous sessions are not ended in bulk', async () => {
  const { runtime } = quietRuntime();
  await runtime.create();
  expect(await rejectionOf(runtime.as(null).terminateAll())).toBeInstanceOf(ForbiddenError);
  const untyped = null as unknown as string; // Untyped callers.
  expect(await rejectionOf(runtime.terminateAll(untyped))).toBeInstanceOf(ForbiddenError);
  expect(runtime.stats().resident).toBe(1);
});
