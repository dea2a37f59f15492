import { expect, test } from 'vitest';
import { CapacityError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, crash, durableRuntime, processOver } from './fixture.ts';

test('stored sessions count for their principal, also those of an earlier process', async () => {
  const first = durableRuntime({ maxPerPrincipal: 3 });
  const { clock } = first;
  const kept = await after(clock, first.runtime.create({ principal: 'ada' }));
  await after(clock, first.runtime.create({ principal: 'ada' }));
  await clock.advance(20_000);
  expect(first.runtime.stats().resident).toBe(0);
  await after(clock, first.runtime.create({ principal: 'ada' }));
  const fourth = first.runtime.create({ principal: 'ada' });
  fourth.catch(() => undefined);
  await clock.advance(50);
  expect(await rejectionOf(fourth)).toMatchObject({ limit: 'maxPerPrincipal' });
  crash(first);
  const { runtime } = processOver(first, { maxPerPrincipal: 3 });
  const again = runtime.create({ principal: 'ada' });
  again.catch(() => undefined);
  await clock.advance(50);
  expect(await rejectionOf(again)).toMatchObject({ limit: 'maxPerPrincipal' });
  // One that ends makes room, without having been woken.
  const session = await after(clock, runtime.get(kept.id));
  await after(clock, session.terminate());
  await after(clock, runtime.create({ principal: 'ada' }));
  expect(runtime.stats().byResidency.stored).toBe(2);
});

test('however many ask at once, none is let in too many', async () => {
  const { clock, runtime } = durableRuntime({ maxPerPrincipal: 2, maxStored: 3 });
  const asked = ['ada', 'ada', 'ada', 'bob', 'bob'].map((principal) =>
    runtime.create({ principal }),
  );
  const settled = Promise.allSettled(asked);
  await clock.advance(50);
  const limits = (await settled).map((one) =>
    one.status === 'fulfilled' ? 'in' : (one.reason as CapacityError).limit,
  );
  expect(limits).toEqual(['in', 'in', 'maxPerPrincipal', 'in', 'maxStored']);
});

test('a full runtime puts the longest idle one of anybody away for a new one, and ends nobody', async () => {
  const { clock, runtime } = durableRuntime({ maxResident: 1 });
  const held = await after(clock, runtime.create({ principal: 'ada' }));
  const refused = runtime.create({ principal: 'bob' });
  refused.catch(() => undefined);
  await clock.advance(50);
  expect(await rejectionOf(refused)).toBeInstanceOf(CapacityError);
  await clock.advance(10_400);
  expect(held.state).toBe('idle');
  const other = await after(clock, runtime.create({ principal: 'bob' }));
  expect([held, other].map((one) => one.info().residency)).toEqual(['stored', 'resident']);
  expect(runtime.stats().ended).toEqual({});
});

test('one that is being put away makes room for one other, however many look for room', async () => {
  const { clock, runtime, context } = durableRuntime({ maxResident: 2 });
  const idle = await after(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(8_000);
  const busy = await after(clock, runtime.create({ principal: 'bob' }));
  await clock.advance(2_400);
  expect([idle, busy].map(({ state }) => state)).toEqual(['idle', 'active']);
  const first = runtime.create({ principal: 'cyd' });
  // It is shown anew while it is on its way out: paused, by its own client.
  const paused = idle.pause();
  await clock.advance(1);
  const second = runtime.create({ principal: 'dan' });
  const third = runtime.create({ principal: 'eve' });
  const settled = Promise.allSettled([first, second, third, paused]);
  for (let ms = 0; ms < 60; ms += 1) {
    await clock.advance(1);
    expect(context.hosts.size + context.reserved.size).toBeLessThanOrEqual(2);
    expect(context.reserved.size).toBeGreaterThanOrEqual(0);
  }
  const made = (await settled).slice(0, 3).filter(({ status }) => status === 'fulfilled');
  expect(made.length).toBeLessThanOrEqual(1);
});
