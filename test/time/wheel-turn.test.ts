import { expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { DeadlineWheel } from '../../src/time/wheel.ts';
import { type WheelEntry, wheelEntry } from '../../src/time/wheel-entry.ts';

test('where looks take their time, a turn ends sooner, and the next one goes on', async () => {
  const [entries, lookMs, dueMs] = [20, 3, 100];
  const clock = createVirtualClock();
  const looked: WheelEntry[] = [];
  const wheel = new DeadlineWheel<WheelEntry>({
    clock,
    tickMs: dueMs,
    look: (entry) => {
      looked.push(entry);
      clock.stall(lookMs);
      return Number.POSITIVE_INFINITY;
    },
    onError: () => {},
  });
  wheel.start();
  const filed = Array.from({ length: entries }, wheelEntry);
  for (const entry of filed) wheel.file(entry, dueMs);
  const between: number[] = [];
  // Runs with delay 0, as the answer to a request would, and asks for the next one.
  const other = (): void => {
    between.push(looked.length);
    if (looked.length < entries) clock.scheduler.schedule(other);
  };
  clock.scheduler.schedule(other, dueMs);
  await clock.advance(2 * dueMs);
  const turn = Math.ceil(LIMITS.wheelTurnMs / lookMs);
  expect(between).toEqual(Array.from({ length: entries / turn }, (_, turns) => (turns + 1) * turn));
  expect(looked).toEqual(filed);
});
