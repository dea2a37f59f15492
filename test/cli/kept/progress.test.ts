import { expect, test } from 'vitest';
import { progressOn } from '../../../src/cli/kept/progress.ts';
import { wait } from '../../../src/cli/wait.ts';
import { systemClock } from '../../../src/time/system-clock.ts';

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) > 0 };
};

test('a terminal is told, not too often, and has its line back at the end', async () => {
  const terminal = stream(true);
  const progress = progressOn(terminal);
  progress.tell(() => 'too soon');
  progress.done();
  expect(terminal.written).toEqual([]);
  await wait(systemClock(), 150);
  progress.tell(() => 'one');
  progress.tell(() => 'too soon');
  progress.done();
  expect(terminal.written).toEqual(['\r\u001b[Kone', '\r\u001b[K']);
});

test('anything else is told nothing, and nothing is made for it', async () => {
  const pipe = stream(false);
  const progress = progressOn(pipe);
  await wait(systemClock(), 150);
  progress.tell(() => {
    throw new Error('was made');
  });
  progress.done();
  expect(pipe.written).toEqual([]);
});
