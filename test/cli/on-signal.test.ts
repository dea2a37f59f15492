import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { onSignal } from '../../src/cli/on-signal.ts';
import { signalledProcess } from './signalled-process.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s undoes it, once, and goes on as it would have',
  (signal) => {
    const { process_, ends } = signalledProcess();
    const done: string[] = [];
    onSignal(() => {
      expect(ends).toEqual([]);
      done.push('undone');
    }, process_);
    process_.emit(signal, signal);
    process_.emit(signal, signal);
    expect(done).toEqual(['undone']);
    expect(ends).toEqual([signal]);
  },
);

test('given up, it leaves no listener', () => {
  const { process_ } = signalledProcess();
  onSignal(() => expect.unreachable(), process_)();
  expect(process_).toBeInstanceOf(EventEmitter);
  expect(process_.eventNames()).toEqual([]);
});
