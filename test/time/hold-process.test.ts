import { expect, test } from 'vitest';
import { holdProcess } from '../../src/time/hold-process.ts';
import { systemClock } from '../../src/time/system-clock.ts';

const timersThatHold = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('it holds the process until it is let go, and letting go twice is once', () => {
  const before = timersThatHold();
  const [first, second] = [holdProcess(), holdProcess()];
  expect(timersThatHold()).toBe(before + 2);
  first();
  first();
  expect(timersThatHold()).toBe(before + 1);
  second();
  expect(timersThatHold()).toBe(before);
});

test('the clock of the system can hold the process, which its own timers never do', () => {
  const before = timersThatHold();
  const clock = systemClock();
  const letGo = clock.hold?.();
  expect(timersThatHold()).toBe(before + 1);
  letGo?.();
  expect(timersThatHold()).toBe(before);
});

test('it does not wake the process meanwhile: its wait is one that a native timer takes', async () => {
  const warnings: string[] = [];
  const hear = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', hear);
  try {
    const letGo = holdProcess();
    // Warnings are told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    letGo();
    expect(warnings).not.toContain('TimeoutOverflowWarning');
  } finally {
    process.off('warning', hear);
  }
});
