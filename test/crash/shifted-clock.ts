import type { Clock } from '../../src/time/clock.ts';

/** A clock whose wall time differs by so much, ms: another day, or one that was put back. Durations are the same. */
export const shiftedClock = (inner: Clock, byMs: number): Clock => ({
  mono: () => inner.mono(),
  wall: () => inner.wall() + byMs,
  scheduler: inner.scheduler,
  ...(inner.hold === undefined ? {} : { hold: inner.hold }),
});
