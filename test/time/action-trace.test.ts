import { interval, type SchedulerAction, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/time/virtual-clock.ts';

const here = 'test/time/action-trace.test.ts';

const callersOf = (clock: VirtualClock) => clock.scheduled().map(({ by }) => by);

/** Schedules nothing after all, but for a minute. */
const rememberToFeedTheCat = (clock: VirtualClock) =>
  clock.scheduler.schedule(() => undefined, 60_000);

test('what is scheduled is listed, earliest first, with the time that is left', async () => {
  const clock = createVirtualClock();
  const cat = rememberToFeedTheCat(clock);
  const dog = clock.scheduler.schedule(() => undefined, 20_000);
  await clock.advance(5_000);
  expect(clock.scheduled()).toEqual([
    { action: dog, inMs: 15_000, by: null },
    { action: cat, inMs: 55_000, by: null },
  ]);
  clock.stall(40_000);
  expect(clock.scheduled().map(({ inMs }) => inMs)).toEqual([0, 15_000]);
});

test('a traced clock says who scheduled it, innermost first, in at most three calls', () => {
  const clock = createVirtualClock({ traced: true });
  const plan = () => rememberToFeedTheCat(clock);
  const holiday = () => plan();
  const year = () => holiday();
  year();
  const [by] = callersOf(clock);
  const calls = by?.split(' < ') ?? [];
  expect(calls).toHaveLength(3);
  expect(calls[0]).toMatch(/^rememberToFeedTheCat \(test\/time\/action-trace\.test\.ts:\d+\)$/);
  expect(calls[1]).toContain('plan');
  expect(calls[2]).toContain('holiday');
});

test('the calls of libraries and of the clock itself are left out', () => {
  const clock = createVirtualClock({ traced: true });
  timer(1_000, clock.scheduler).subscribe();
  const [by] = callersOf(clock);
  expect(by).toContain(here);
  expect(by).not.toContain('rxjs');
  expect(by).not.toContain('ticker');
});

test('what a library repeats on its own is told of whoever began it, however often', async () => {
  const clock = createVirtualClock({ traced: true });
  const beginPolling = () => interval(100, clock.scheduler).subscribe();
  beginPolling();
  for (let times = 0; times < 5; times += 1) {
    await clock.advance(100);
    expect(callersOf(clock)).toEqual([expect.stringContaining('beginPolling')]);
  }
});

test('what is scheduled in the course of another action is told of itself, not of that', async () => {
  const clock = createVirtualClock({ traced: true });
  const second = () => clock.scheduler.schedule(() => undefined, 10);
  const first = () => clock.scheduler.schedule(() => void second(), 10);
  first();
  await clock.advance(10);
  expect(callersOf(clock)).toEqual([expect.stringMatching(/^second /)]);
});

test('one action is not blamed for what is scheduled after it is over', async () => {
  const clock = createVirtualClock({ traced: true });
  const culprit = () => clock.scheduler.schedule(() => undefined, 10);
  culprit();
  await clock.advance(10);
  // Out of a library's call, which leaves no frame of ours.
  [10].forEach(clock.scheduler.schedule.bind(clock.scheduler, () => undefined));
  expect(callersOf(clock).join()).not.toContain('culprit');
});

test('an advance that never ends names who goes on and on, on a clock that is not traced', async () => {
  const clock = createVirtualClock({ maxActions: 500 });
  const spin = () => {
    clock.scheduler.schedule(spin);
  };
  clock.scheduler.schedule(spin, 10);
  rememberToFeedTheCat(clock);
  const error = await clock.advance(20).catch(String);
  expect(error).toMatch(/Next: in 0 ms, scheduled by (Action\.)?spin \(test\/time\/action-trace/);
  expect(error).toContain('in 59990 ms, scheduled by an earlier one');
});

test('an action that puts itself back in line is named too', async () => {
  const clock = createVirtualClock({ maxActions: 50 });
  clock.scheduler.schedule(function chase(this: SchedulerAction<unknown>) {
    this.schedule();
  }, 10);
  expect(await clock.advance(20).catch(String)).toMatch(/scheduled by \S*chase \(/);
});

test('tracing changes nothing of what runs, and when', async () => {
  const runs = async (traced: boolean): Promise<number[]> => {
    const clock = createVirtualClock({ traced });
    const seen: number[] = [];
    interval(30, clock.scheduler).subscribe(() => seen.push(clock.mono()));
    timer(45, 60, clock.scheduler).subscribe(() => seen.push(-clock.mono()));
    await clock.advance(200);
    return seen;
  };
  expect(await runs(true)).toEqual(await runs(false));
});

test('the depth of stack traces is as it was', () => {
  const before = Error.stackTraceLimit;
  rememberToFeedTheCat(createVirtualClock({ traced: true }));
  expect(Error.stackTraceLimit).toBe(before);
});
