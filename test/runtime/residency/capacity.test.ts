import { expect, test } from 'vitest';
import { CapacityError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, durableRuntime, faultyProcess } from './fixture.ts';

// A full runtime puts the session away that has rested for the longest: its slot is given to one, once.

test('where the session that was to make room is needed itself, the next one makes it', async () => {
  const { clock, runtime } = durableRuntime({
    maxResident: 2,
    deadlines: { hibernateAfterMs: 40_000 },
  });
  const first = await after(clock, runtime.create({ principal: 'ada' }), 500);
  const second = await after(clock, runtime.create({ principal: 'bob' }));
  await clock.advance(11_000);
  expect([first.state, second.state]).toEqual(['idle', 'idle']);
  const asked = runtime.create({ principal: 'eve' });
  await clock.settle();
  expect(first.info().residency).toBe('hibernating');
  const touched = first.touch();
  await after(clock, asked);
  await touched;
  expect([first, second].map((one) => one.info().residency)).toEqual(['resident', 'stored']);
});

test('of two that ask while the one that rests is about to pause, the first gets its slot', async () => {
  const { clock, runtime, context } = durableRuntime({
    maxResident: 1,
    deadlines: { hibernateAfterMs: 'off' },
  });
  const resting = await after(clock, runtime.create({ principal: 'ada' }), 10_500);
  expect(resting.state).toBe('idle');
  const paused = resting.pause();
  const asked = [runtime.create({ principal: 'bob' })];
  await clock.advance(2);
  asked.push(runtime.create({ principal: 'eve' }));
  const settled = Promise.allSettled(asked);
  for (let ms = 0; ms < 30; ms += 1) {
    await clock.advance(1);
    expect(context.hosts.size + context.reserved.size).toBeLessThanOrEqual(1);
  }
  await paused;
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(context.reserved.size).toBe(0);
});

test('one that is to make room while the store hangs is not chosen again when it rests again', async () => {
  const { clock, runtime, store, context } = faultyProcess({
    maxResident: 1,
    deadlines: { hibernateAfterMs: 'off' },
  });
  const resting = await after(clock, runtime.create({ principal: 'ada' }), 11_000);
  store.breakNext('commit', 'stall');
  const first = runtime.create({ principal: 'bob' });
  first.catch(() => undefined);
  await clock.advance(100);
  await after(clock, resting.touch(), 11_000);
  expect(resting.state).toBe('idle');
  const second = runtime.create({ principal: 'eve' });
  second.catch(() => undefined);
  await clock.advance(100);
  store.heal();
  await clock.advance(100);
  expect(await rejectionOf(second)).toBeInstanceOf(CapacityError);
  expect(context.reserved.size).toBe(0);
  expect(context.hosts.size).toBe(1);
});

test('of principals that were refused and have no session nothing is remembered', async () => {
  const { clock, runtime, store, context } = faultyProcess({ maxResident: 1 });
  const busy = await after(clock, runtime.create());
  busy.run('work', () => new Promise<never>(() => undefined)).catch(() => undefined);
  const principals = Array.from({ length: 50 }, (_, n) => `principal ${n}`);
  const { count } = store;
  let counted = 0;
  store.count = (filter) => {
    counted += 1;
    return count(filter);
  };
  for (const round of [1, 2]) {
    const asked = Promise.allSettled(principals.map((principal) => runtime.create({ principal })));
    const settled = await after(clock, asked);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(counted).toBe(50 * round);
  }
  expect(context.census?.total).toBe(1);
});
