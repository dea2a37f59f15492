import type { SchedulerAction } from 'rxjs';
import { expect, test } from 'vitest';
import { HoldfastError, InvalidOptionError } from '../../src/errors.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

test('advance moves both axes and stops at each action on the way', async () => {
  const clock = createVirtualClock({ wall: 1_000 });
  const seen: [number, number][] = [];
  for (const delay of [30, 10, 20, 41])
    clock.scheduler.schedule(() => void seen.push([clock.mono(), clock.wall()]), delay);
  await clock.advance(40);
  expect(seen).toEqual([
    [10, 1_010],
    [20, 1_020],
    [30, 1_030],
  ]);
  expect([clock.mono(), clock.wall(), clock.pending]).toEqual([40, 1_040, 1]);
});

test('a chain of 50 awaits settles between two actions that are due together', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  const chain = async (name: string) => {
    for (let i = 0; i < 50; i += 1) await Promise.resolve();
    seen.push(`${name} settled`);
  };
  clock.scheduler.schedule(() => void chain('first'), 10);
  clock.scheduler.schedule(() => {
    seen.push('second runs');
    void chain('second');
  }, 10);
  await clock.advance(10);
  expect(seen).toEqual(['first settled', 'second runs', 'second settled']);
});

test('work scheduled by a promise chain is seen by the advance that comes after it', async () => {
  const clock = createVirtualClock();
  let ran = false;
  const later = async () => {
    for (let i = 0; i < 50; i += 1) await Promise.resolve();
    clock.scheduler.schedule(() => {
      ran = true;
    }, 5);
  };
  void later();
  await clock.advance(5);
  expect(ran).toBe(true);
});

test('settle lets promise chains end, passes no time and runs no action', async () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  clock.scheduler.schedule(() => void seen.push('action'));
  void Promise.resolve().then(() => seen.push('promise'));
  await clock.settle();
  expect(seen).toEqual(['promise']);
  expect(clock.mono()).toBe(0);
  await clock.advance(0);
  expect(seen).toEqual(['promise', 'action']);
});

test('a stall moves both axes and runs nothing; what is overdue runs late at the next advance', async () => {
  const clock = createVirtualClock({ wall: 0 });
  const seen: number[] = [];
  clock.scheduler.schedule(() => void seen.push(clock.mono()), 10);
  clock.stall(5_000);
  expect([clock.mono(), clock.wall()]).toEqual([5_000, 5_000]);
  await clock.settle();
  expect(seen).toEqual([]);
  await clock.advance(0);
  expect(seen).toEqual([5_000]);
});

test('a stall inside an action carries time past the end of the advance, never back', async () => {
  const clock = createVirtualClock();
  clock.scheduler.schedule(() => clock.stall(100), 10);
  await clock.advance(20);
  expect(clock.mono()).toBe(110);
});

test('suspend and stepWall move only the wall clock', async () => {
  const clock = createVirtualClock({ wall: 1_000 });
  clock.suspend(500);
  expect([clock.mono(), clock.wall()]).toEqual([0, 1_500]);
  clock.stepWall(-900);
  expect([clock.mono(), clock.wall()]).toEqual([0, 600]);
  await clock.advance(50);
  expect([clock.mono(), clock.wall()]).toEqual([50, 650]);
});

test('advances called at once run one after another', async () => {
  const clock = createVirtualClock();
  const seen: number[] = [];
  for (const delay of [5, 25]) clock.scheduler.schedule(() => void seen.push(clock.mono()), delay);
  await Promise.all([clock.advance(10), clock.advance(10), clock.advance(10)]);
  expect(seen).toEqual([5, 25]);
  expect(clock.mono()).toBe(30);
});

test('work that never lets time move on is stopped, with the number still pending', async () => {
  const clock = createVirtualClock({ maxActions: 50 });
  clock.scheduler.schedule(() => {}, 1_000);
  clock.scheduler.schedule(function (this: SchedulerAction<unknown>) {
    this.schedule();
  }, 10);
  const error: unknown = await clock.advance(20).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({ code: 'ERR_HOLDFAST_TIMEOUT' });
  expect(String(error)).toContain('2 are still pending');
});

test('a long advance over many actions is no runaway', async () => {
  const clock = createVirtualClock({ maxActions: 5 });
  let ran = 0;
  clock.scheduler.schedule(function (this: SchedulerAction<unknown>) {
    ran += 1;
    this.schedule(undefined, 10);
  }, 10);
  await clock.advance(1_000);
  expect(ran).toBe(100);
});

test('an action that throws makes advance reject, at the end and not before', async () => {
  const clock = createVirtualClock();
  const fail = (message: string, delay: number) =>
    clock.scheduler.schedule(() => {
      throw new Error(message);
    }, delay);
  fail('one', 10);
  await expect(clock.advance(20)).rejects.toThrow('one');
  expect(clock.mono()).toBe(20);
  fail('two', 1);
  fail('three', 2);
  await expect(clock.advance(5)).rejects.toThrow(AggregateError);
  await clock.advance(5);
  expect(clock.mono()).toBe(30);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%s ms is refused', async (ms) => {
  const clock = createVirtualClock();
  await expect(clock.advance(ms)).rejects.toThrow(InvalidOptionError);
  expect(() => clock.stall(ms)).toThrow(InvalidOptionError);
  expect(() => clock.suspend(ms)).toThrow(InvalidOptionError);
  if (ms !== -1) expect(() => clock.stepWall(ms)).toThrow(InvalidOptionError);
  expect(clock.mono()).toBe(0);
});

test('options that are not allowed are refused', () => {
  expect(() => createVirtualClock({ maxActions: 0 })).toThrow(InvalidOptionError);
  expect(() => createVirtualClock({ wall: Number.NaN })).toThrow(InvalidOptionError);
});

test('the next action can be asked for: in how long, late ones at once, or none', async () => {
  const clock = createVirtualClock();
  expect(clock.nextDueInMs).toBeNull();
  for (const delay of [70, 40]) clock.scheduler.schedule(() => undefined, delay);
  expect(clock.nextDueInMs).toBe(40);
  await clock.advance(30);
  expect(clock.nextDueInMs).toBe(10);
  clock.stall(25);
  expect(clock.nextDueInMs).toBe(0);
  await clock.advance(0);
  expect(clock.nextDueInMs).toBe(15);
});
