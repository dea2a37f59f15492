import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';

interface Item {
  readonly name: string;
}
const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${n}` }));

test('each falls due once, after its line, in the order it came', async () => {
  const clock = createVirtualClock();
  const tick = new Tick(clock);
  const due: [string, number][] = [];
  const line = (ms: number) => tick.line<Item>(ms, ({ name }) => due.push([name, clock.mono()]));
  const slow = line(5_000);
  const fast = line(1_000);
  slow.push({ name: 'slow' });
  fast.push({ name: 'fast' });
  await clock.advance(500);
  fast.push({ name: 'later' });
  await clock.advance(10_000);
  expect(due).toEqual([
    ['fast', 1_000],
    ['later', 1_500],
    ['slow', 5_000],
  ]);
  expect(clock.pending).toBe(0);
});

test('one that is taken out does not, and one that comes again waits anew', async () => {
  const clock = createVirtualClock();
  const due: string[] = [];
  const line = new Tick(clock).line<Item>(1_000, ({ name }) => due.push(name));
  const [a, b, c] = items(3) as [Item, Item, Item];
  for (const item of [a, b, c]) line.push(item);
  line.delete(b);
  await clock.advance(600);
  line.push(a);
  await clock.advance(600);
  expect(due).toEqual(['2']);
  await clock.advance(1_000);
  expect(due).toEqual(['2', '0']);
  expect(line.size).toBe(0);
});

test('many that come one after another share timers, and none is later than a step', async () => {
  const clock = createVirtualClock();
  let lateMs = 0;
  let turns = 0;
  const tick = new Tick(clock);
  const line = tick.line<{ at: number; turn: number }>(1_000, (one) => {
    lateMs = Math.max(lateMs, clock.mono() - one.at - 1_000);
    if (one.turn !== turns) turns = one.turn;
  });
  let timers = 0;
  const schedule = clock.scheduler.schedule.bind(clock.scheduler);
  clock.scheduler.schedule = (...args: Parameters<typeof schedule>) => {
    timers += 1;
    return schedule(...args);
  };
  for (let n = 0; n < 1_000; n += 1) {
    line.push({ at: clock.mono(), turn: n });
    await clock.advance(1);
  }
  await clock.advance(2_000);
  expect(lateMs).toBeLessThanOrEqual(LIMITS.streamTickMs);
  expect(timers).toBeLessThanOrEqual(1_000 / LIMITS.streamTickMs + 2);
  expect(clock.pending).toBe(0);
});

test('others are let in between, where very many are due at once', async () => {
  const clock = createVirtualClock();
  let ran = 0;
  const ranBefore: number[] = [];
  const line = new Tick(clock).line<Item>(1_000, () => {
    ran += 1;
    // What is asked for in the course of one go is due after it.
    if (ran % LIMITS.wheelTurn === 1) clock.scheduler.schedule(() => ranBefore.push(ran));
  });
  for (const item of items(LIMITS.wheelTurn * 2 + 1)) line.push(item);
  await clock.advance(1_000);
  expect(ranBefore).toEqual([1, 2, 3].map((n) => Math.min(n * LIMITS.wheelTurn, ran)));
  expect(ran).toBe(LIMITS.wheelTurn * 2 + 1);
});

test('one that throws is told of, and keeps neither those behind it nor another line from their time', async () => {
  const clock = createVirtualClock();
  const due: [string, number][] = [];
  const errors: unknown[] = [];
  const tick = new Tick(clock, (error) => errors.push(error));
  const broken = new Error('broken');
  const line = tick.line<Item>(1_000, ({ name }) => {
    due.push([name, clock.mono()]);
    if (name === '0') throw broken;
  });
  const other = tick.line<Item>(1_000, ({ name }) => due.push([`other ${name}`, clock.mono()]));
  for (const item of items(2)) line.push(item);
  for (const item of items(1)) other.push(item);
  await clock.advance(1_000);
  expect(due).toEqual([
    ['0', 1_000],
    ['1', 1_000],
    ['other 0', 1_000],
  ]);
  expect(errors).toEqual([broken]);
  expect(clock.pending).toBe(0);
});

test('stopped, nothing falls due and nothing is left', async () => {
  const clock = createVirtualClock();
  let ran = 0;
  const tick = new Tick(clock);
  const line = tick.line<Item>(1_000, () => {
    ran += 1;
  });
  const [a, b] = items(2) as [Item, Item];
  line.push(a);
  tick.stop();
  line.push(b);
  await clock.advance(5_000);
  expect({ ran, size: line.size, pending: clock.pending }).toEqual({ ran: 0, size: 0, pending: 0 });
});

test('what is due and waits anew does not run twice in one go', async () => {
  const clock = createVirtualClock();
  const due: number[] = [];
  const tick = new Tick(clock);
  const line = tick.line<Item>(1_000, (item) => {
    due.push(clock.mono());
    line.push(item);
  });
  line.push({ name: 'a' });
  await clock.advance(3_500);
  expect(due).toEqual([1_000, 2_000, 3_000]);
  tick.stop();
});
