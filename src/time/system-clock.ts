import { AsyncResource } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import { holdProcess } from './hold-process.ts';
import { Ticker } from './ticker.ts';

/** The longest delay a native timer takes, ms; with a longer one it fires at once. */
const LONGEST_NATIVE_DELAY_MS = 2 ** 31 - 1;

/**
 * The async context of the module's load. The one native timer serves everybody, and each run of it arms the
 * next: armed in the context of the request that happened to come first, it would carry that request's
 * AsyncLocalStorage (and keep it in memory) for the rest of the process.
 */
const home = new AsyncResource('HoldfastClock');

/**
 * A clock on the machine's own time: `performance.now()` and `Date.now()`. Everything scheduled on it shares
 * one unref'd native timer, so it never holds the process open. Each call makes a clock of its own; one per
 * runtime is enough.
 *
 * Work runs outside the async context of whoever scheduled it. Work that throws is an uncaught exception, as
 * with a native timer.
 */
export const systemClock = (): Clock => {
  const mono = (): number => performance.now();
  let alarm: NodeJS.Timeout | undefined;

  const ticker = new Ticker(mono, (dueMono) => {
    clearTimeout(alarm);
    alarm = undefined;
    if (dueMono === null) return;
    // A native timer cuts fractions off and may fire a little early: the ticker then arms it once more.
    const waitMs = Math.max(1, Math.ceil(dueMono - mono()));
    alarm = home.runInAsyncScope(() => setTimeout(ring, Math.min(waitMs, LONGEST_NATIVE_DELAY_MS)));
    alarm.unref();
  });
  // Node may run one native timer straight after another without a look at the sockets. By way of an immediate
  // there is one before each run: what clients sent is heard before anyone judges their silence. (Unref'd, an
  // immediate may never run; this one holds the process for the rest of the turn only.)
  const ring = (): void => void setImmediate(runDue);
  const runDue = (): void => ticker.runDue();

  return { mono, wall: () => Date.now(), scheduler: ticker, hold: holdProcess };
};
