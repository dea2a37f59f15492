import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { DeadlineWheel, type WheelOptions, type WheelTick } from '../../src/time/wheel.ts';
import { type WheelEntry, wheelEntry } from '../../src/time/wheel-entry.ts';

interface Named extends WheelEntry {
  readonly name: string;
}

const named = (name: string): Named => ({ ...wheelEntry(), name });

const drop = () => Number.POSITIVE_INFINITY;

/** A turning wheel of 10 ms ticks that writes down what it looked at, and when. */
const turning = (options: Partial<WheelOptions<Named>> = {}) => {
  const clock = createVirtualClock();
  const looks: [string, number][] = [];
  const ticks: WheelTick[] = [];
  const errors: unknown[] = [];
  const look = options.look ?? drop;
  const wheel = new DeadlineWheel<Named>({
    clock,
    tickMs: 10,
    onTick: (tick) => void ticks.push(tick),
    onError: (error) => void errors.push(error),
    ...options,
    look: (entry, nowMono) => {
      looks.push([entry.name, nowMono]);
      return look(entry, nowMono);
    },
  });
  wheel.start();
  return { clock, wheel, looks, ticks, errors };
};

test('looks at an entry on the first tick at or after its time', async () => {
  const { clock, wheel, looks } = turning();
  for (const at of [20, 21, 30, 0]) wheel.file(named(`for ${at}`), at);
  expect(wheel.size).toBe(4);
  await clock.advance(40);
  expect(looks).toEqual([
    ['for 0', 10],
    ['for 20', 20],
    ['for 21', 30],
    ['for 30', 30],
  ]);
  expect(wheel.size).toBe(0);
});

test('re-files an entry for the time its look returns', async () => {
  const { clock, wheel, looks } = turning({ look: (_entry, now) => (now < 60 ? now + 25 : 1e9) });
  wheel.file(named('a'), 10);
  await clock.advance(100);
  expect(looks.map(([, at]) => at)).toEqual([10, 40, 70]);
  expect(wheel.size).toBe(1);
});

test('filing a filed entry moves it, and Infinity or remove take it out', async () => {
  const { clock, wheel, looks } = turning();
  const [moved, dropped, removed] = [named('moved'), named('dropped'), named('removed')];
  for (const entry of [moved, dropped, removed]) wheel.file(entry, 20);
  wheel.file(moved, 50);
  wheel.file(dropped, Number.POSITIVE_INFINITY);
  wheel.remove(removed);
  wheel.remove(removed);
  expect(wheel.size).toBe(1);
  await clock.advance(100);
  expect(looks).toEqual([['moved', 50]]);
});

test('a look that throws is reported, stops no other, and the entry is looked at one tick later', async () => {
  let failures = 2;
  const { clock, wheel, looks, errors } = turning({
    look: (entry) => {
      if (entry.name === 'bad' && failures-- > 0) throw new Error('no');
      return Number.POSITIVE_INFINITY;
    },
  });
  wheel.file(named('bad'), 10);
  wheel.file(named('good'), 10);
  await clock.advance(100);
  expect(looks).toEqual([
    ['bad', 10],
    ['good', 10],
    ['bad', 20],
    ['bad', 30],
  ]);
  expect(errors).toHaveLength(2);
  expect(wheel.size).toBe(0);
});

test('a look that returns NaN is an error, not a lost entry', async () => {
  const { clock, wheel, errors } = turning({ look: () => Number.NaN });
  wheel.file(named('a'), 10);
  await clock.advance(10);
  expect(errors[0]).toBeInstanceOf(InvalidOptionError);
  expect(wheel.size).toBe(1);
});

test('an entry removed by its own look stays out, whatever the look returns or throws', async () => {
  const { clock, wheel, looks, errors } = turning({
    look: (entry, now) => {
      wheel.remove(entry);
      if (entry.name === 'throws') throw new Error('no');
      return now + 10;
    },
  });
  wheel.file(named('returns'), 10);
  wheel.file(named('throws'), 10);
  await clock.advance(100);
  expect(looks).toHaveLength(2);
  expect(errors).toHaveLength(1);
  expect(wheel.size).toBe(0);
});

test('an entry filed by its own look stays there, whatever the look returns', async () => {
  const { clock, wheel, looks } = turning({
    look: (entry, now) => {
      if (now < 50) wheel.file(entry, 50);
      return Number.POSITIVE_INFINITY;
    },
  });
  wheel.file(named('a'), 10);
  await clock.advance(100);
  expect(looks).toEqual([
    ['a', 10],
    ['a', 50],
  ]);
});

test('a look may remove an entry that is next in line', async () => {
  const victim = named('victim');
  const { clock, wheel, looks } = turning({
    look: () => {
      wheel.remove(victim);
      return Number.POSITIVE_INFINITY;
    },
  });
  for (const entry of [named('first'), victim, named('last')]) wheel.file(entry, 10);
  await clock.advance(20);
  expect(looks.map(([name]) => name)).toEqual(['first', 'last']);
});

test('stop stops at once, also inside a look; start goes on with what fell due', async () => {
  let stopping = true;
  const { clock, wheel, looks } = turning({
    look: () => {
      if (stopping) wheel.stop();
      return Number.POSITIVE_INFINITY;
    },
  });
  for (const name of ['a', 'b']) wheel.file(named(name), 10);
  await clock.advance(100);
  expect(looks).toEqual([['a', 10]]);
  expect(clock.pending).toBe(0);
  stopping = false;
  wheel.start();
  wheel.start();
  expect(clock.pending).toBe(1);
  await clock.advance(10);
  expect(looks).toEqual([
    ['a', 10],
    ['b', 110],
  ]);
});

test('ticks stand on multiples from the start, also after a late one', async () => {
  const { clock, ticks } = turning();
  await clock.advance(25);
  clock.stall(2);
  await clock.advance(10);
  clock.stall(38);
  await clock.advance(10);
  expect(ticks.map(({ mono, lateMs }) => [mono, lateMs])).toEqual([
    [10, 0],
    [20, 0],
    [30, 0],
    [75, 35],
    [80, 0],
  ]);
  expect(ticks[0]?.wall).toBe(Date.UTC(2026, 0, 1) + 10);
});

test('never early, not even by a rounding error', async () => {
  // Dividing this time by the tick gives a tick that stands just after it.
  const [origin, tickMs, tick, before] = [67_699.38697595033, 3.3, 965_431, 3_253_621.68697595];
  const at = origin + tick * tickMs;
  expect(at).toBeGreaterThan(before);
  const clock = createVirtualClock();
  clock.stall(origin);
  const seen: number[] = [];
  const look = (_entry: WheelEntry, now: number) => {
    seen.push(now);
    return Number.POSITIVE_INFINITY;
  };
  const wheel = new DeadlineWheel({
    clock,
    tickMs,
    look,
    onError: (error) => expect(error).toBe(null),
  });
  wheel.start();
  wheel.file(wheelEntry(), at);
  // Two late ticks in a row: the second one looks.
  clock.stall(before - origin - 100);
  await clock.advance(0);
  clock.stall(before - clock.mono());
  await clock.advance(0);
  expect([clock.mono(), seen]).toEqual([before, []]);
  await clock.advance(2 * tickMs);
  expect(seen).toHaveLength(1);
});

test('options and times that are not allowed are refused', () => {
  expect(() => turning({ tickMs: 0 })).toThrow(InvalidOptionError);
  expect(() => turning({ tickMs: Number.POSITIVE_INFINITY })).toThrow(InvalidOptionError);
  expect(() => turning({ turn: 0 })).toThrow(InvalidOptionError);
  expect(() => turning().wheel.file(named('a'), Number.NaN)).toThrow(InvalidOptionError);
});
