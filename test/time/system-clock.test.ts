import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/time/system-clock.ts';

afterEach(() => void vi.useRealTimers());

const fakeNativeTimers = () =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });

const refdTimers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('runs work after its delay, never early, and reads both axes', async () => {
  const clock = systemClock();
  const start = clock.mono();
  const before = Date.now();
  const at = await new Promise<number>((resolve) => {
    clock.scheduler.schedule(() => resolve(clock.mono()), 20);
  });
  expect(at - start).toBeGreaterThanOrEqual(20);
  expect(clock.scheduler.now()).toBeGreaterThanOrEqual(at);
  expect(clock.wall()).toBeGreaterThanOrEqual(before);
});

test('does not hold the process open', () => {
  const before = refdTimers();
  const action = systemClock().scheduler.schedule(() => {}, 60_000);
  expect(refdTimers()).toBe(before);
  action.unsubscribe();
});

test('needs one native timer for any number of actions, and none when nothing waits', () => {
  fakeNativeTimers();
  const { scheduler } = systemClock();
  const ran: number[] = [];
  const delays = [300, 100, 200, 400, 100];
  const actions = delays.map((ms) => scheduler.schedule(() => void ran.push(ms), ms));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(310);
  expect(ran).toEqual([100, 100, 200, 300]);
  expect(vi.getTimerCount()).toBe(1);
  for (const action of actions) action.unsubscribe();
  expect(vi.getTimerCount()).toBe(0);
});

test('honours a delay longer than a native timer can take', () => {
  fakeNativeTimers();
  const clock = systemClock();
  const start = clock.mono();
  const ran: number[] = [];
  const delayMs = 3 * 2 ** 31;
  clock.scheduler.schedule(() => void ran.push(clock.mono() - start), delayMs);
  vi.advanceTimersByTime(delayMs - 1);
  expect(ran).toEqual([]);
  vi.advanceTimersByTime(10);
  expect(ran).toHaveLength(1);
  expect(ran[0]).toBeGreaterThanOrEqual(delayMs);
});

test('work that is late runs after the sockets had their turn, not before', async () => {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  await turn();
  const clock = systemClock();
  const seen: string[] = [];
  const work = new Promise<void>((resolve) => {
    clock.scheduler.schedule(() => {
      seen.push('work');
      resolve();
    }, 1);
  });
  // Native timers come first in a turn of the loop, then the sockets, then this.
  const sockets = turn().then(() => seen.push('sockets'));
  for (const start = clock.mono(); clock.mono() < start + 5; );
  await Promise.all([work, sockets]);
  expect(seen).toEqual(['sockets', 'work']);
});

test('work does not run in the async context of whoever came first', async () => {
  const storage = new AsyncLocalStorage<string>();
  const clock = systemClock();
  const contexts: (string | undefined)[] = [];
  const schedule = (delayMs: number) =>
    new Promise<void>((resolve) => {
      clock.scheduler.schedule(() => {
        contexts.push(storage.getStore());
        resolve();
      }, delayMs);
    });
  const waits = storage.run('the first request', () => [schedule(1), schedule(5)]);
  await Promise.all(waits);
  expect(contexts).toEqual([undefined, undefined]);
});
