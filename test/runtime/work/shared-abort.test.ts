import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from '../../../src/runtime/work/shared-abort.ts';

const listening = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('a signal has one listener however many wait for it, and none when nobody does', () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 1_000 }, () => onAbort(signal, () => undefined));
  expect(listening(signal)).toBe(1);
  for (const stop of stops) stop();
  expect(listening(signal)).toBe(0);
});

test('each is called once, in the order they came, but not those that stopped waiting', () => {
  const caller = new AbortController();
  const called: number[] = [];
  const [, stop] = [1, 2, 3].map((number) => onAbort(caller.signal, () => called.push(number)));
  stop?.();
  stop?.();
  caller.abort();
  caller.abort();
  expect(called).toEqual([1, 3]);
  expect(listening(caller.signal)).toBe(0);
});

test('the same callback given twice is called twice', () => {
  const caller = new AbortController();
  let calls = 0;
  const count = (): void => {
    calls += 1;
  };
  const stop = onAbort(caller.signal, count);
  onAbort(caller.signal, count);
  onAbort(caller.signal, count);
  stop();
  caller.abort();
  expect(calls).toBe(2);
});
