import type { SchedulerLike } from 'rxjs';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { DeadlineWheel, type WheelOptions } from '../../src/time/wheel.ts';
import { type WheelEntry, wheelEntry } from '../../src/time/wheel-entry.ts';

interface Named extends WheelEntry {
  readonly name: string;
}

const named = (name: string): Named => ({ ...wheelEntry(), name });

const NEVER = Number.POSITIVE_INFINITY;

/** A wheel of 10 ms ticks that notes its ticks and looks in one log, and counts what it schedules. */
const setUp = (options: Partial<WheelOptions<Named>> = {}) => {
  const clock = createVirtualClock();
  const log: string[] = [];
  const counts = { scheduled: 0 };
  const scheduler: SchedulerLike = {
    now: () => clock.scheduler.now(),
    schedule: (...given: Parameters<SchedulerLike['schedule']>) => {
      counts.scheduled += 1;
      return clock.scheduler.schedule(...given);
    },
  };
  const look = options.look ?? (() => NEVER);
  const wheel = new DeadlineWheel<Named>({
    tickMs: 10,
    onTick: () => void log.push('tick'),
    onError: (error) => {
      throw error;
    },
    ...options,
    clock: { ...clock, mono: () => clock.mono(), wall: () => clock.wall(), scheduler },
    look: (entry, now) => {
      log.push(entry.name);
      return look(entry, now);
    },
  });
  return { clock, wheel, log, counts };
};

test('a wheel that was never started can be stopped', () => {
  const { wheel, clock } = setUp();
  wheel.stop();
  expect(clock.pending).toBe(0);
});

test('it says for when an entry is filed: the tick at or after its time', () => {
  const { wheel } = setUp();
  const entry = named('a');
  expect(wheel.filedFor(entry)).toBeNull();
  wheel.file(entry, 21);
  expect(wheel.filedFor(entry)).toBe(30);
  wheel.file(entry, 20);
  expect(wheel.filedFor(entry)).toBe(20);
  wheel.remove(entry);
  expect(wheel.filedFor(entry)).toBeNull();
});

test('an entry that stands in line is looked at now, and is not filed during its look', async () => {
  const filed: (number | null)[] = [];
  const { wheel, clock } = setUp({
    turn: 1,
    look: (entry) => {
      filed.push(wheel.filedFor(entry), wheel.filedFor(second), clock.mono());
      return NEVER;
    },
  });
  const second = named('second');
  wheel.start();
  wheel.file(named('first'), 15);
  wheel.file(second, 15);
  await clock.advance(20);
  expect(filed).toEqual([null, 20, 20, null, null, 20]);
});

test('a look that files or removes another entry keeps its own answer', async () => {
  const other = named('other');
  for (const touch of ['file', 'remove'] as const) {
    const { wheel, clock, log } = setUp({
      look: (entry, now) => {
        if (entry === other || now > 10) return NEVER;
        if (touch === 'file') wheel.file(other, 1_000);
        else wheel.remove(other);
        return 35;
      },
    });
    wheel.start();
    const entry = named('entry');
    wheel.file(entry, 10);
    await clock.advance(100);
    expect(log.filter((what) => what === 'entry')).toHaveLength(2);
    wheel.remove(other);
  }
});

test('an entry that is filed again for the same tick keeps its place in line', async () => {
  const { wheel, clock, log } = setUp();
  wheel.start();
  const entries = ['a', 'b', 'c'].map(named);
  for (const entry of entries) wheel.file(entry, 12);
  for (const entry of entries.slice(0, 1)) wheel.file(entry, 18);
  await clock.advance(20);
  expect(log.filter((what) => what !== 'tick')).toEqual(['a', 'b', 'c']);
});

test('a turn that empties the line schedules nothing besides the next tick', async () => {
  const { wheel, clock, counts } = setUp({ turn: 2 });
  wheel.start();
  wheel.file(named('a'), 10);
  wheel.file(named('b'), 10);
  counts.scheduled = 0;
  await clock.advance(10);
  expect(counts.scheduled).toBe(1);
});

test('reviews that are asked for at once are one', async () => {
  const { wheel, clock, log } = setUp();
  wheel.start();
  wheel.file(named('a'), 1_000);
  wheel.reviewAll();
  wheel.reviewAll();
  expect(clock.pending).toBe(2);
  await clock.advance(5);
  expect(log).toEqual(['a']);
});

test('a turn that comes a tick after the one before it still looks; later than that is a hold-up', async () => {
  const run = async (betweenMs: number): Promise<string[]> => {
    const { wheel, clock, log } = setUp({
      turn: 1,
      look: ({ name }) => {
        // Ahead of the next turn.
        if (name === 'a') clock.scheduler.schedule(() => clock.stall(betweenMs));
        return NEVER;
      },
    });
    wheel.start();
    wheel.file(named('a'), 10);
    wheel.file(named('b'), 10);
    await clock.advance(10);
    return log;
  };
  expect(await run(0)).toEqual(['tick', 'a', 'b']);
  expect(await run(10)).toEqual(['tick', 'a', 'b']);
  expect(await run(11)).toEqual(['tick', 'a']);
});

test('what it refuses it names, with what is allowed', () => {
  expect(() => setUp({ tickMs: 0 })).toThrow(/tickMs.*a finite number of ms above 0/);
  expect(() => setUp({ turn: 0 })).toThrow(/turn.*at least 1/);
  const { wheel } = setUp();
  expect(() => wheel.file(named('a'), Number.NaN)).toThrow(
    /atMono.*a monotonic time in ms, or Infinity/,
  );
});
