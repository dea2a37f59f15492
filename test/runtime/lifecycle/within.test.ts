import { expect, test } from 'vitest';
import { within } from '../../../src/runtime/lifecycle/within.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { rejectionOf, standing } from '../fixture.ts';

const late = () => new Error('too late');
const never = () => new Promise<never>(() => undefined);

test('what is called in time is what comes of it, and leaves nothing on the clock', async () => {
  const clock = createVirtualClock();
  const boom = new Error('boom');
  const throwing = () => {
    throw boom;
  };
  expect(await within(clock, 10, () => 1, late)).toBe(1);
  expect(await within(clock, 10, async () => 2, late)).toBe(2);
  expect(await rejectionOf(within(clock, 10, throwing, late))).toBe(boom);
  expect(await rejectionOf(within(clock, 10, async () => throwing(), late))).toBe(boom);
  expect(clock.pending).toBe(0);
});

test('it is called later than this turn, so never in the middle of its caller', async () => {
  const clock = createVirtualClock();
  let called = false;
  const outcome = within(
    clock,
    10,
    () => {
      called = true;
    },
    late,
  );
  expect(called).toBe(false);
  await outcome;
  expect(called).toBe(true);
});

test('when the time is over it rejects, tells so once, and what comes of the call is dropped', async () => {
  const clock = createVirtualClock();
  const told: Error[] = [];
  let fail: (error: Error) => void = () => undefined;
  const call = () =>
    new Promise<never>((_, reject) => {
      fail = reject;
    });
  const outcome = within(clock, 10, call, late, (error) => told.push(error));
  const rejected = rejectionOf(outcome);
  await clock.advance(9);
  expect(told).toEqual([]);
  await clock.advance(1);
  const error = await rejected;
  expect(error).toMatchObject({ message: 'too late' });
  expect(told).toEqual([error]);
  // An unhandled rejection here would fail the run.
  fail(new Error('afterwards'));
  await clock.advance(100);
  expect([told.length, clock.pending]).toEqual([1, 0]);
});

test('without a limit it waits for as long as it takes', async () => {
  const clock = createVirtualClock();
  const outcome = within(clock, Number.POSITIVE_INFINITY, never, late);
  expect(clock.pending).toBe(0);
  await clock.advance(1_000_000);
  expect(await standing(clock, outcome)).toEqual({ is: 'pending' });
});
