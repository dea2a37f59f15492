import { type Listening, type ListenOptions, listen } from '../http/adapters/listen.ts';
import { systemClock } from '../time/system-clock.ts';
import { Stopped } from './stopped.ts';
import { wait } from './wait.ts';

/** How often a port that is in use is tried again, ms. */
const AGAIN_MS = 50;

/**
 * Starts to listen. A port that is in use is tried again for `patienceMs`: whoever has it may be about to close it.
 * Rejects with what the system says, or `Stopped` where the signal comes first.
 */
export const takePort = async (
  options: ListenOptions,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Listening> => {
  const clock = systemClock();
  const until = clock.mono() + patienceMs;
  // Our own timers hold no process, and there may be nothing else by now that does.
  const letGo = clock.hold?.();
  try {
    for (;;) {
      try {
        if (signal.aborted) throw new Stopped();
        return await listen(options);
      } catch (error) {
        const inUse = (error as { code?: unknown }).code === 'EADDRINUSE';
        if (!inUse || clock.mono() >= until) throw error;
        await wait(clock, AGAIN_MS, signal).catch(() => undefined);
      }
    }
  } finally {
    letGo?.();
  }
};
