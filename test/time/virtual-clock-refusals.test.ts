import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

// What is told where something is refused or goes wrong: it has to name what it is about.

test('a duration that is not allowed is refused by its name, with what is allowed', async () => {
  const clock = createVirtualClock();
  const span = /a finite number of ms, 0 or more/;
  await expect(clock.advance(-1)).rejects.toThrow(/advance\(ms\)/);
  await expect(clock.advance(-1)).rejects.toThrow(span);
  expect(() => clock.stall(-1)).toThrow(/stall\(ms\)/);
  expect(() => clock.stall(-1)).toThrow(span);
  expect(() => clock.suspend(-1)).toThrow(/suspend\(ms\)/);
  expect(() => clock.stepWall(Number.NaN)).toThrow(/stepWall\(ms\).*a finite number of ms\.$/);
});

test('so are the options', () => {
  expect(() => createVirtualClock({ wall: Infinity })).toThrow(/wall.*a finite number of ms/);
  expect(() => createVirtualClock({ maxActions: 0 })).toThrow(/maxActions.*at least 1/);
  expect(() => createVirtualClock({ maxActions: Number.NaN })).toThrow(/maxActions/);
});

test('one action at a time is the least that can be allowed, and is enough where each has its own', async () => {
  const clock = createVirtualClock({ maxActions: 1 });
  let ran = 0;
  const run = () => {
    ran += 1;
  };
  for (const delay of [10, 20, 30]) clock.scheduler.schedule(run, delay);
  await clock.advance(30);
  expect(ran).toBe(3);
});

test('several errors of actions come together, and are counted', async () => {
  const clock = createVirtualClock();
  for (const message of ['one', 'two']) {
    clock.scheduler.schedule(() => {
      throw new Error(message);
    }, 10);
  }
  const error: unknown = await clock.advance(10).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: '2 actions threw.',
    errors: [{ message: 'one' }, { message: 'two' }],
  });
});

test('an advance that never ends says how far it came', async () => {
  const clock = createVirtualClock({ maxActions: 7 });
  const spin = () => void clock.scheduler.schedule(spin);
  clock.scheduler.schedule(spin, 10);
  await expect(clock.advance(20)).rejects.toThrow(
    'advance(20) ran 7 actions at 10 ms without time moving on; 1 are still pending.',
  );
});
