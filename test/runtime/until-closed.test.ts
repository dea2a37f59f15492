import { expect, test } from 'vitest';
import { DrainingError, StoreError } from '../../src/index.ts';
import { faultyRuntime, rejectionOf } from './fixture.ts';

// Once a runtime is closed nobody waits for it, whatever its store does not answer.

/** Closed over a store that stopped answering before any of these was asked for. */
const stalled = async () => {
  const world = faultyRuntime();
  const session = await world.runtime.create({ principal: 'ada' });
  world.store.break('stall');
  world.store.close = async () => undefined;
  return { ...world, session };
};

test.each(['waitFor', 'create', 'idempotent create', 'getOrCreate'] as const)(
  '%s that waits when it is closed is refused with StoreError',
  async (call) => {
    const { clock, runtime, session } = await stalled();
    const asked = {
      waitFor: () => session.waitFor('terminated'),
      create: () => runtime.create({ principal: 'ada' }),
      'idempotent create': () => runtime.create({ principal: 'ada', idempotencyKey: 'k' }),
      getOrCreate: () => runtime.getOrCreate({ principal: 'ada', key: 'k' }),
    }[call]();
    let settled: unknown = null;
    asked.catch((error: unknown) => {
      settled = error;
    });
    const closed = runtime.close();
    await clock.advance(20_000);
    expect((await closed).left).toContain(session.id);
    expect(settled).toBeInstanceOf(StoreError);
    expect(settled).toMatchObject({ retryable: false });
    expect(clock.pending).toBe(0);
  },
);

test('afterwards they are refused at once', async () => {
  const { clock, runtime, session } = await stalled();
  const closed = runtime.close();
  await clock.advance(20_000);
  await closed;
  const { refused } = runtime.stats();
  expect(await rejectionOf(session.waitFor('terminated'))).toBeInstanceOf(StoreError);
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(DrainingError);
  const keyed = runtime.getOrCreate({ principal: 'ada', key: 'k' });
  expect(await rejectionOf(keyed)).toBeInstanceOf(DrainingError);
  expect(runtime.stats().refused).toBe(refused + 2);
  expect(await session.waitFor(session.state)).toBe('active');
});
