import { EventEmitter } from 'node:events';
import type { Signalled } from '../../src/cli/on-signal.ts';

/** Stands for the process where signals are concerned: they are emitted, and those it would have ended with are noted. */
export const signalledProcess = () => {
  const ends: string[] = [];
  const process_ = Object.assign(new EventEmitter(), {
    pid: 1,
    kill: (_: number, signal: string) => void ends.push(signal),
  }) satisfies Signalled;
  return { process_, ends };
};
