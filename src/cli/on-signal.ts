const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Signal = (typeof SIGNALS)[number];

/** Where signals come from, and go to. */
export interface Signalled {
  on(signal: Signal, listener: (signal: Signal) => void): unknown;
  off(signal: Signal, listener: (signal: Signal) => void): unknown;
  kill(pid: number, signal: Signal): unknown;
  readonly pid: number;
}

/**
 * Does `undo` where a signal ends the process meanwhile, and then lets it end the process as it would have.
 *
 * @param undo synchronous: nothing runs after it.
 * @returns what gives that up again
 */
export const onSignal = (undo: () => void, process_: Signalled = process): (() => void) => {
  const off = (): void => {
    for (const signal of SIGNALS) process_.off(signal, listener);
  };
  const listener = (signal: Signal): void => {
    off();
    undo();
    process_.kill(process_.pid, signal);
  };
  for (const signal of SIGNALS) process_.on(signal, listener);
  return off;
};
