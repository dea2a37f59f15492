import type { RuntimeContext } from './runtime-context.ts';

/** Waits for the next turn of the loop, so that I/O is let in between two parts of long work. */
export const nextTurn = (context: RuntimeContext): Promise<void> =>
  new Promise((resolve) => {
    context.clock.scheduler.schedule(() => resolve(), 0);
  });
