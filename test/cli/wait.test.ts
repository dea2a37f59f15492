import { expect, test } from 'vitest';
import { wait } from '../../src/cli/wait.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

test('it waits for as long as it says', async () => {
  const clock = createVirtualClock();
  let over = false;
  void wait(clock, 100).then(() => {
    over = true;
  });
  await clock.advance(99);
  expect(over).toBe(false);
  await clock.advance(1);
  expect(over).toBe(true);
});

test('an aborted wait rejects with the reason at once and leaves nothing scheduled', async () => {
  const clock = createVirtualClock();
  const abort = new AbortController();
  const waiting = wait(clock, 100, abort.signal);
  abort.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  expect(clock.pending).toBe(0);
  await expect(wait(clock, 100, abort.signal)).rejects.toBe('enough');
});
