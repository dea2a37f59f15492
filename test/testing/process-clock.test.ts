import { interval, type SchedulerAction } from 'rxjs';
import { expect, test } from 'vitest';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

const setUp = () => {
  const clock = createVirtualClock();
  const owner = {};
  return { clock, owner, born: () => new ProcessClock(clock, owner) };
};

test('its monotonic axis begins with the process, the wall clock is the machine’s', async () => {
  const { clock, born } = setUp();
  const first = born();
  await clock.advance(5_000);
  const second = born();
  await clock.advance(100);
  clock.stepWall(-50);
  expect([first.mono(), second.mono()]).toEqual([5_100, 100]);
  expect([first.scheduler.now(), second.scheduler.now()]).toEqual([5_100, 100]);
  expect([first.wall(), second.wall()]).toEqual([clock.wall(), clock.wall()]);
});

test('what it schedules runs as on the clock itself, with its state, and may put itself back in line', async () => {
  const { clock, born } = setUp();
  await clock.advance(1_000);
  const process = born();
  const seen: unknown[] = [];
  process.scheduler.schedule(
    function (this: SchedulerAction<number>, left = 0) {
      seen.push([process.mono(), left]);
      if (left > 0) this.schedule(left - 1, 10);
    },
    10,
    2,
  );
  process.scheduler.schedule(() => void seen.push('at once'));
  interval(15, process.scheduler).subscribe((n) => void seen.push(`interval ${n}`));
  await clock.advance(30);
  expect(seen).toEqual(['at once', [10, 2], 'interval 0', [20, 1], 'interval 1', [30, 0]]);
});

test('when it dies, what it had scheduled goes, and nobody else’s', async () => {
  const { clock, born } = setUp();
  const [dead, alive] = [born(), born()];
  const seen: string[] = [];
  dead.scheduler.schedule(() => void seen.push('dead'), 10);
  alive.scheduler.schedule(() => void seen.push('alive'), 10);
  clock.scheduler.schedule(() => void seen.push('the world'), 10);
  dead.die();
  expect(clock.pending).toBe(2);
  await clock.advance(20);
  expect(seen).toEqual(['alive', 'the world']);
});

test('what a dead process still schedules is never done, and not in line', async () => {
  const { clock, born } = setUp();
  const process = born();
  let ran = 0;
  process.die();
  process.scheduler.schedule(() => {
    ran += 1;
  });
  interval(1, process.scheduler).subscribe(() => {
    ran += 1;
  });
  expect(clock.pending).toBe(0);
  await clock.advance(100);
  expect(ran).toBe(0);
});

test('a process that dies in the middle of its own action does not run on', async () => {
  const { clock, born } = setUp();
  const process = born();
  let ran = 0;
  process.scheduler.schedule(function (this: SchedulerAction<unknown>) {
    ran += 1;
    process.die();
    this.schedule(undefined, 10);
  }, 10);
  await clock.advance(100);
  expect(ran).toBe(1);
});

test('each action is known to be its process’s, and that to be its test’s', () => {
  const { clock, owner, born } = setUp();
  const process = born();
  process.scheduler.schedule(() => undefined, 10);
  clock.scheduler.schedule(() => undefined, 20);
  const [own, worlds] = clock.scheduled();
  expect(own && ProcessClock.ownerOf(own)).toBe(process);
  expect(worlds && ProcessClock.ownerOf(worlds)).toBeNull();
  expect(process.test).toBe(owner);
});
