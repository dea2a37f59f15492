import type { VirtualClock } from '../../src/time/virtual-clock.ts';

/** Lets time pass until `running` is over: every answer of its store takes some. */
export const withTime = async <T>(clock: VirtualClock, running: Promise<T>): Promise<T> => {
  let over = false;
  const settled = running.finally(() => {
    over = true;
  });
  settled.catch(() => {});
  while (!over) await clock.advance(50);
  return settled;
};
