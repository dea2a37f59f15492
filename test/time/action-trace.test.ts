import { interval, repeat, type SchedulerAction, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { callsIn } from '../../src/time/action-trace.ts';
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

test('so is what it does by one action after another', async () => {
  const clock = createVirtualClock({ traced: true });
  const beginRetrying = () => timer(10, clock.scheduler).pipe(repeat()).subscribe();
  beginRetrying();
  for (let times = 0; times < 5; times += 1) {
    await clock.advance(10);
    expect(callersOf(clock)).toEqual([expect.stringContaining('beginRetrying')]);
  }
});

test('what is begun within another action is told of who began it there', async () => {
  const clock = createVirtualClock({ traced: true });
  const beginPolling = () => interval(10, clock.scheduler).subscribe();
  const outer = () => clock.scheduler.schedule(() => void beginPolling(), 10);
  outer();
  await clock.advance(55);
  expect(callersOf(clock)).toEqual([expect.stringContaining('beginPolling')]);
  const retrying = createVirtualClock({ traced: true });
  const beginRetrying = () => timer(10, retrying.scheduler).pipe(repeat()).subscribe();
  retrying.scheduler.schedule(() => void beginRetrying(), 10);
  await retrying.advance(25);
  expect(callersOf(retrying)).toEqual([expect.stringContaining('beginRetrying')]);
});

test('one action is not blamed for what is scheduled after it is over', async () => {
  const clock = createVirtualClock({ traced: true });
  const culprit = () => clock.scheduler.schedule(() => undefined, 10);
  culprit();
  await clock.advance(10);
  // Called by nobody of ours: as a promise settles.
  void Promise.resolve(() => undefined).then(clock.scheduler.schedule.bind(clock.scheduler));
  await clock.settle();
  expect(callersOf(clock)).toEqual([null]);
});

test('a clock that is not traced notes nothing, neither from outside nor from within an action', async () => {
  const clock = createVirtualClock();
  const again = () => clock.scheduler.schedule(() => undefined, 10);
  clock.scheduler.schedule(() => void again(), 10);
  expect(callersOf(clock)).toEqual([null]);
  await clock.advance(10);
  expect(callersOf(clock)).toEqual([null]);
});

test('a call is shown by its name, its path from here, and its line', () => {
  const stack = [
    'Error: at first',
    `    at plan (file://${process.cwd()}/test/a.ts:3:14)`,
    '    at /elsewhere/b.ts:5:6',
    '    at async Promise.all (index 0)',
    '    at Ticker.schedule (/x/src/time/ticker.ts:80:1)',
    '    at Object.subscribe (/x/node_modules/rxjs/dist/index.js:9:9)',
    '    at hold (/x/node_modules/holdfast/dist/src/runtime/work/operation.js:7:8)',
    '    at node:internal/process/task_queues:95:5',
    '    at <anonymous>',
  ].join('\n');
  expect(callsIn(stack)).toEqual([
    'plan (test/a.ts:3)',
    '/elsewhere/b.ts:5',
    'async Promise.all (index 0)',
    'hold (/x/node_modules/holdfast/dist/src/runtime/work/operation.js:7)',
  ]);
  expect(callsIn('')).toEqual([]);
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

test('it lists the next five, each place once', async () => {
  const clock = createVirtualClock({ maxActions: 5, traced: true });
  const spin = () => void clock.scheduler.schedule(spin);
  clock.scheduler.schedule(spin);
  for (const delay of [10, 20, 30, 40, 50]) clock.scheduler.schedule(() => undefined, delay);
  const error = await clock.advance(5).catch(String);
  const next = String(error).split('Next: ')[1]?.split('; ') ?? [];
  expect(next.map((one) => one.split(' ms,')[0])).toEqual([
    'in 0',
    'in 10',
    'in 20',
    'in 30',
    'in 40',
  ]);
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
