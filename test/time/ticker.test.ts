import type { SchedulerAction, Subscription } from 'rxjs';
import { expect, test } from 'vitest';
import { Ticker } from '../../src/time/ticker.ts';

const bench = () => {
  const time = { now: 0 };
  const armed: (number | null)[] = [];
  const ticker = new Ticker(
    () => time.now,
    (due) => armed.push(due),
  );
  const ran: string[] = [];
  const note = (name: string, delay: number): Subscription =>
    ticker.schedule(() => void ran.push(name), delay);
  const runAt = (now: number) => {
    time.now = now;
    ticker.runDue();
  };
  return { time, armed, ticker, ran, note, runAt };
};

test('runs what is due, by time and then by the order of scheduling', () => {
  const { ran, note, runAt, ticker } = bench();
  note('c', 20);
  note('a', 10);
  note('b', 10);
  note('later', 21);
  runAt(20);
  expect(ran).toEqual(['a', 'b', 'c']);
  expect(ticker.pending).toBe(1);
  expect(ticker.nextDue()).toBe(21);
});

test('hands the state to the work', () => {
  const { ticker, runAt } = bench();
  const got: unknown[] = [];
  ticker.schedule((state) => void got.push(state), 0, 'mine');
  runAt(0);
  expect(got).toEqual(['mine']);
});

test('unsubscribing takes an action out at once, also the one that is due next in the same run', () => {
  const { ticker, ran, note, runAt } = bench();
  const late = note('late', 50);
  late.unsubscribe();
  expect(ticker.pending).toBe(0);
  const victim: { action?: Subscription } = {};
  ticker.schedule(() => victim.action?.unsubscribe(), 5);
  victim.action = note('victim', 5);
  runAt(100);
  expect(ran).toEqual([]);
});

test('an action re-schedules itself from its own work, and stops when unsubscribed there', () => {
  const { ticker, runAt } = bench();
  const seen: number[] = [];
  ticker.schedule(
    function (this: SchedulerAction<number>, n = 0) {
      seen.push(n);
      if (n === 2) this.unsubscribe();
      this.schedule(n + 1, 10);
    },
    10,
    0,
  );
  for (const now of [10, 20, 30]) runAt(now);
  expect(seen).toEqual([0, 1, 2]);
  expect(ticker.pending).toBe(0);
});

test('re-scheduling a pending action moves it: it runs once, at the new time', () => {
  const { ticker, time } = bench();
  const seen: number[] = [];
  let action: SchedulerAction<number> | undefined;
  ticker.schedule(function (this: SchedulerAction<number>) {
    seen.push(time.now);
    action = this;
  }, 0);
  ticker.runDue();
  action?.schedule(0, 50);
  action?.schedule(0, 10);
  expect(ticker.pending).toBe(1);
  time.now = 60;
  ticker.runDue();
  ticker.runDue();
  expect(seen).toEqual([0, 60]);
});

test('what is scheduled with delay 0 during a run waits for the next one', () => {
  const { ticker, ran, note, runAt } = bench();
  ticker.schedule(() => {
    ran.push('outer');
    note('inner', 0);
  });
  note('sibling', 0);
  runAt(5);
  expect(ran).toEqual(['outer', 'sibling']);
  runAt(5);
  expect(ran).toEqual(['outer', 'sibling', 'inner']);
});

test('an action that throws stops no other; the first error comes out, the second with the next run', () => {
  const { ticker, ran, note, runAt } = bench();
  const fail = (message: string) =>
    ticker.schedule(() => {
      throw new Error(message);
    });
  const first = fail('first');
  fail('second');
  note('fine', 0);
  expect(() => runAt(0)).toThrow('first');
  expect(first.closed).toBe(true);
  expect(ran).toEqual(['fine']);
  expect(() => runAt(0)).toThrow('second');
  expect(ticker.pending).toBe(0);
});

test('NaN and negative delays count as 0, and Infinity never fires', () => {
  const { ran, note, runAt, ticker } = bench();
  note('zero', 0);
  note('nan', Number.NaN);
  note('negative', -5);
  const never = note('never', Number.POSITIVE_INFINITY);
  expect(ticker.pending).toBe(3);
  expect(ticker.nextDue()).toBe(0);
  runAt(0);
  runAt(Number.MAX_VALUE);
  expect(ran).toEqual(['zero', 'nan', 'negative']);
  never.unsubscribe();
  expect(ticker.nextDue()).toBeNull();
});

test('arms only when the earliest time changes, and once after a run', () => {
  const { armed, note, runAt } = bench();
  const first = note('first', 10);
  note('second', 20);
  note('third', 30);
  expect(armed).toEqual([10]);
  first.unsubscribe();
  expect(armed).toEqual([10, 20]);
  runAt(15);
  expect(armed).toEqual([10, 20, 20]);
  runAt(30);
  expect(armed).toEqual([10, 20, 20]);
});
