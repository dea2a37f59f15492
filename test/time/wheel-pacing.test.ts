import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { DeadlineWheel, type WheelOptions } from '../../src/time/wheel.ts';
import { type WheelEntry, wheelEntry } from '../../src/time/wheel-entry.ts';

interface Numbered extends WheelEntry {
  readonly n: number;
}

const numbered = (n: number): Numbered => ({ ...wheelEntry(), n });

/** A turning wheel of 10 ms ticks that drops what it looked at, unless told otherwise. */
const turning = (options: Partial<WheelOptions<Numbered>> = {}) => {
  const clock = createVirtualClock();
  const looked: number[] = [];
  const errors: unknown[] = [];
  const look = options.look ?? (() => Number.POSITIVE_INFINITY);
  const wheel = new DeadlineWheel<Numbered>({
    clock,
    tickMs: 10,
    onError: (error) => void errors.push(error),
    ...options,
    look: (entry, nowMono) => {
      looked.push(entry.n);
      return look(entry, nowMono);
    },
  });
  wheel.start();
  const fileMany = (count: number, at: (n: number) => number) => {
    for (let n = 0; n < count; n += 1) wheel.file(numbered(n), at(n));
  };
  return { clock, wheel, looked, errors, fileMany };
};

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('lets other work in after each turn, and keeps the order', async () => {
  const { clock, looked, fileMany } = turning({ turn: 512 });
  fileMany(5_000, () => 10);
  const between: number[] = [];
  // Each runs with delay 0, as the answer to a request would, and asks for the next one.
  const other = () => {
    between.push(looked.length);
    if (looked.length < 5_000) clock.scheduler.schedule(other);
  };
  clock.scheduler.schedule(other, 10);
  await clock.advance(10);
  expect(looked).toEqual(upTo(5_000));
  expect(between).toEqual([512, 1024, 1536, 2048, 2560, 3072, 3584, 4096, 4608, 5000]);
});

test('what falls due while a long line is worked off comes after it, in the order of ticks', async () => {
  const { clock, looked, wheel } = turning({
    turn: 2,
    look: (entry) => {
      if (entry.n === 1) clock.stall(10);
      return Number.POSITIVE_INFINITY;
    },
  });
  for (const n of upTo(5)) wheel.file(numbered(n), 10);
  wheel.file(numbered(5), 20);
  await clock.advance(30);
  expect(looked).toEqual(upTo(6));
});

test('a late tick looks at nothing; the next one looks at all that is due, in the order of ticks', async () => {
  const { clock, looked, fileMany } = turning();
  fileMany(5, (n) => 50 - 10 * n);
  clock.stall(1_000);
  await clock.advance(5);
  expect(looked).toEqual([]);
  await clock.advance(5);
  expect(looked).toEqual([4, 3, 2, 1, 0]);
});

test('a tick late by no more than one tick looks as ever', async () => {
  const { clock, looked, fileMany } = turning();
  fileMany(1, () => 10);
  clock.stall(20);
  await clock.advance(0);
  expect(looked).toEqual([0]);
});

test('under a lasting load, where every tick is late, deadlines are kept all the same', async () => {
  const { clock, looked, fileMany } = turning();
  fileMany(1, () => 10);
  clock.stall(35);
  await clock.advance(0);
  clock.stall(35);
  await clock.advance(0);
  expect(looked).toEqual([0]);
});

test('a late tick stops a line that is being worked off, until the next tick', async () => {
  const { clock, looked, fileMany } = turning({
    turn: 2,
    look: (entry) => {
      if (entry.n === 1) clock.stall(100);
      return Number.POSITIVE_INFINITY;
    },
  });
  fileMany(5, () => 10);
  await clock.advance(10);
  await clock.advance(5);
  // One more turn was ahead of the late tick.
  expect([clock.mono(), looked]).toEqual([115, [0, 1, 2, 3]]);
  await clock.advance(5);
  expect(looked).toEqual(upTo(5));
});

test('a line that is held up between two turns waits likewise', async () => {
  const { clock, looked, fileMany } = turning({ turn: 2 });
  fileMany(5, () => 10);
  // Due after the tick and before the second turn.
  clock.scheduler.schedule(() => clock.stall(100), 10);
  await clock.advance(10);
  await clock.advance(5);
  expect([clock.mono(), looked]).toEqual([115, [0, 1]]);
  await clock.advance(5);
  expect(looked).toEqual(upTo(5));
});

test('a tick that comes while a line is worked off adds no turn of its own', async () => {
  const { clock, looked, fileMany } = turning({
    turn: 2,
    look: (entry) => {
      if (entry.n === 1) clock.stall(10);
      return Number.POSITIVE_INFINITY;
    },
  });
  fileMany(8, () => 10);
  const between: number[] = [];
  const other = () => {
    between.push(looked.length);
    if (looked.length < 8) clock.scheduler.schedule(other);
  };
  clock.scheduler.schedule(other, 20);
  await clock.advance(20);
  expect(between).toEqual([2, 4, 6, 8]);
});

test('a late tick after a stop and a start is the first of its kind again', async () => {
  const { clock, wheel, looked, fileMany } = turning();
  fileMany(1, () => 10);
  clock.stall(35);
  await clock.advance(0);
  wheel.stop();
  wheel.start();
  clock.stall(35);
  await clock.advance(0);
  expect(looked).toEqual([]);
});

test('a stop between two turns leaves nothing scheduled', async () => {
  const { clock, wheel, looked, fileMany } = turning({ turn: 2 });
  fileMany(5, () => 10);
  const left: number[] = [];
  clock.scheduler.schedule(() => {
    wheel.stop();
    left.push(clock.pending);
  }, 10);
  await clock.advance(100);
  expect([left, looked]).toEqual([[0], [0, 1]]);
});

test('a clock whose timers fire a little early makes no tick early', async () => {
  const clock = createVirtualClock();
  const early: SchedulerLike = {
    now: () => clock.mono(),
    schedule: <T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T) =>
      clock.scheduler.schedule(work, delay > 1 ? delay - 1 : delay, state),
  };
  const seen: number[] = [];
  const wheel = new DeadlineWheel<Numbered>({
    clock: { mono: () => clock.mono(), wall: () => clock.wall(), scheduler: early },
    tickMs: 10,
    look: () => Number.POSITIVE_INFINITY,
    onTick: ({ mono }) => void seen.push(mono),
    onError: () => {},
  });
  wheel.start();
  await clock.advance(30);
  expect(seen).toEqual([10, 20, 30]);
});

test('a hole of a year costs the buckets there are, not the ticks that were missed', async () => {
  const { clock, wheel, looked } = turning();
  wheel.file(numbered(0), 10);
  wheel.file(numbered(1), 1_000);
  clock.stall(365 * 24 * 3_600_000);
  // A walk over 3,153,600,000 ticks would not come back within the test's time.
  await clock.advance(20);
  expect(looked).toEqual([0, 1]);
});

test('reviewAll looks at every entry soon, paced, whatever it is filed for', async () => {
  const far = 1e9;
  const { clock, wheel, looked, fileMany } = turning({ turn: 100, look: (entry) => far + entry.n });
  fileMany(1_000, (n) => far + n);
  await clock.advance(10);
  wheel.reviewAll();
  const between: number[] = [];
  const other = () => {
    between.push(looked.length);
    if (looked.length < 1_000) clock.scheduler.schedule(other);
  };
  clock.scheduler.schedule(other);
  await clock.advance(0);
  expect(looked).toEqual(upTo(1_000));
  expect(between).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  expect(wheel.size).toBe(1_000);
  await clock.advance(100);
  expect(looked).toHaveLength(1_000);
});

test('what is due goes before what is under review', async () => {
  const { clock, wheel, looked } = turning({
    turn: 1,
    look: (entry) => {
      // The first look of the review lasts until the next tick.
      if (entry.n === 10) clock.stall(5);
      return Number.POSITIVE_INFINITY;
    },
  });
  for (const n of [10, 11, 12]) wheel.file(numbered(n), 1_000 + n);
  await clock.advance(5);
  wheel.reviewAll();
  wheel.file(numbered(1), 10);
  await clock.advance(5);
  expect(looked).toEqual([10, 1, 11, 12]);
});

test('an entry removed or filed anew while it waits for its review is not reviewed', async () => {
  const { clock, wheel, looked } = turning();
  const [removed, moved] = [numbered(1), numbered(2)];
  wheel.file(removed, 1_000);
  wheel.file(moved, 1_000);
  wheel.reviewAll();
  wheel.remove(removed);
  wheel.file(moved, 50);
  await clock.advance(40);
  expect(looked).toEqual([]);
  await clock.advance(10);
  expect(looked).toEqual([2]);
});

test('what is filed for the tick of a bucket under review is not lost with it', async () => {
  const { clock, wheel, looked } = turning();
  const reviewed = numbered(1);
  wheel.file(reviewed, 1_000);
  wheel.reviewAll();
  wheel.file(numbered(2), 1_000);
  wheel.remove(reviewed);
  await clock.advance(1_000);
  expect(looked).toEqual([2]);
});

test('reviews that come again and again reach every entry', async () => {
  const { clock, wheel, looked } = turning({
    turn: 1,
    look: (entry) => {
      if (looked.length < 6) wheel.reviewAll();
      return 500 + entry.n;
    },
  });
  for (const n of upTo(3)) wheel.file(numbered(n), 1_000 + 10 * n);
  wheel.reviewAll();
  await clock.advance(0);
  expect(looked.slice(0, 3)).toEqual([0, 1, 2]);
});

test('a review asked for by a late tick waits for the next tick too', async () => {
  const { clock, wheel, looked } = turning({
    onTick: ({ lateMs }) => {
      if (lateMs > 100) wheel.reviewAll();
    },
  });
  wheel.file(numbered(0), 1e9);
  clock.stall(1_000);
  await clock.advance(5);
  expect(looked).toEqual([]);
  await clock.advance(5);
  expect(looked).toEqual([0]);
});

test('an onTick that throws is reported, and the wheel turns on', async () => {
  const { clock, looked, errors, fileMany } = turning({
    onTick: () => {
      throw new Error('no');
    },
  });
  fileMany(2, (n) => 10 + 10 * n);
  await clock.advance(20);
  expect(looked).toEqual([0, 1]);
  expect(errors).toHaveLength(2);
});
