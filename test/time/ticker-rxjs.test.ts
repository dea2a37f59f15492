import {
  bufferTime,
  concat,
  debounceTime,
  delay,
  interval,
  map,
  NEVER,
  type Observable,
  of,
  take,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import { expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/time/virtual-clock.ts';

/** The values of a stream with the times they came at. */
const timed = (clock: VirtualClock, stream: Observable<unknown>): unknown[][] => {
  const seen: unknown[][] = [];
  stream.subscribe({
    next: (value) => void seen.push([clock.mono(), value]),
    error: (error: Error) => void seen.push([clock.mono(), error.name]),
    complete: () => void seen.push([clock.mono(), 'done']),
  });
  return seen;
};

test.each<[string, (clock: VirtualClock) => Observable<unknown>, unknown[][]]>([
  [
    'interval',
    ({ scheduler }) => interval(10, scheduler).pipe(take(3)),
    [
      [10, 0],
      [20, 1],
      [30, 2],
      [30, 'done'],
    ],
  ],
  [
    'timer with a period',
    ({ scheduler }) => timer(5, 20, scheduler).pipe(take(2)),
    [
      [5, 0],
      [25, 1],
      [25, 'done'],
    ],
  ],
  [
    'delay',
    ({ scheduler }) => of('a', 'b').pipe(delay(15, scheduler)),
    [
      [15, 'a'],
      [15, 'b'],
      [15, 'done'],
    ],
  ],
  [
    'debounceTime',
    ({ scheduler }) =>
      concat(interval(10, scheduler).pipe(take(3)), NEVER).pipe(debounceTime(25, scheduler)),
    [[55, 2]],
  ],
  [
    'timeout',
    ({ scheduler }) => NEVER.pipe(timeout({ each: 40, scheduler })),
    [[40, 'TimeoutError']],
  ],
  [
    'bufferTime',
    ({ scheduler }) =>
      interval(10, scheduler).pipe(
        bufferTime(25, scheduler),
        take(2),
        map((values) => values.join()),
        toArray(),
      ),
    [
      [50, ['0,1', '2,3']],
      [50, 'done'],
    ],
  ],
])('RxJS %s runs on it', async (_name, make, expected) => {
  const clock = createVirtualClock();
  const seen = timed(clock, make(clock));
  await clock.advance(100);
  expect(seen).toEqual(expected);
});

test('unsubscribing a stream leaves nothing scheduled', async () => {
  const clock = createVirtualClock();
  const subscription = interval(10, clock.scheduler).subscribe();
  await clock.advance(35);
  expect(clock.pending).toBe(1);
  subscription.unsubscribe();
  expect(clock.pending).toBe(0);
});
