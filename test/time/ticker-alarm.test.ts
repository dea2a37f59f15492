import { expect, test } from 'vitest';
import { Ticker } from '../../src/time/ticker.ts';

const bench = () => {
  const time = { now: 0 };
  const armed: (number | null)[] = [];
  const ran: string[] = [];
  const ticker = new Ticker(
    () => time.now,
    (due) => void armed.push(due),
  );
  const note = (name: string, delay: number) => ticker.schedule(() => void ran.push(name), delay);
  return { time, armed, ran, ticker, note };
};

test('the alarm is set once for a whole run, whatever that schedules and takes out', () => {
  const { time, armed, ticker, note } = bench();
  const victim = note('victim', 50);
  for (const delay of [10, 10, 10]) {
    ticker.schedule(() => {
      victim.unsubscribe();
      note('soon', 5);
      note('later', 20);
    }, delay);
  }
  armed.length = 0;
  time.now = 10;
  ticker.runDue();
  expect(armed).toEqual([15]);
});

test('runNext runs the earliest action that is due, one, and sets the alarm for the next', () => {
  const { time, armed, ran, ticker, note } = bench();
  note('b', 10);
  note('a', 5);
  note('c', 30);
  armed.length = 0;
  time.now = 20;
  ticker.runNext();
  expect([ran, armed]).toEqual([['a'], [10]]);
  ticker.runNext();
  expect([ran, armed]).toEqual([
    ['a', 'b'],
    [10, 30],
  ]);
});

test('runNext runs nothing that is not due, and nothing where nothing is', () => {
  const { time, ran, ticker, note } = bench();
  ticker.runNext();
  note('a', 5);
  time.now = 4;
  ticker.runNext();
  expect([ran, ticker.pending]).toEqual([[], 1]);
  time.now = 5;
  ticker.runNext();
  ticker.runNext();
  expect([ran, ticker.pending]).toEqual([['a'], 0]);
});

test('runNext throws what the action throws, and the next one has its alarm', () => {
  const { time, armed, ticker, note } = bench();
  ticker.schedule(() => {
    throw new Error('it fails');
  }, 5);
  note('b', 10);
  time.now = 5;
  expect(() => ticker.runNext()).toThrow('it fails');
  expect(armed.at(-1)).toBe(10);
});

test('what waits is listed by its time, and then by the order of scheduling', () => {
  const { ticker, note } = bench();
  const actions = [note('d', 30), note('a', 10), note('b', 10), note('c', 20), note('e', 30)];
  const [d, a, b, c, e] = actions;
  const listed = ticker.list();
  expect(listed.map(({ due }) => due)).toEqual([10, 10, 20, 30, 30]);
  for (const [at, action] of [a, b, c, d, e].entries()) expect(listed[at]).toBe(action);
  c?.unsubscribe();
  expect(ticker.list()).toHaveLength(4);
  const many = Array.from({ length: 20 }, () => note('one of many', 5));
  for (const at of [0, 7, 3]) many[at]?.unsubscribe();
  const left = many.filter(({ closed }) => !closed);
  const first = ticker.list().slice(0, left.length);
  expect(first.every((action, at) => action === (left[at] as unknown))).toBe(true);
  expect(listed).toHaveLength(5);
});
