import { expect, test } from 'vitest';
import { LiftedClock } from '../../src/time/lifted-clock.ts';
import { systemClock } from '../../src/time/system-clock.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

test('only its wall time is lifted, and goes on from there', async () => {
  const inner = createVirtualClock({ wall: 1_000 });
  const clock = new LiftedClock(inner);
  expect([clock.mono(), clock.wall()]).toEqual([0, 1_000]);
  clock.lift(500);
  clock.lift(20);
  await inner.advance(10);
  expect([clock.mono(), clock.wall(), inner.wall()]).toEqual([10, 1_530, 1_010]);
  expect(clock.scheduler).toBe(inner.scheduler);
  expect(clock.hold).toBeUndefined();
});

test('it holds the process where the inner clock does', () => {
  const clock = new LiftedClock(systemClock());
  const letGo = clock.hold?.();
  expect(letGo).toBeTypeOf('function');
  letGo?.();
});
