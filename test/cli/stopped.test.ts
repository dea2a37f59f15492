import { expect, test } from 'vitest';
import { Stopped, unlessStopped } from '../../src/cli/stopped.ts';

test('what comes before the signal is given on, and so is its failure', async () => {
  const { signal } = new AbortController();
  expect(await unlessStopped(signal, Promise.resolve(1))).toBe(1);
  await expect(unlessStopped(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('the signal is answered at once; what comes after it is handed over to be given back', async () => {
  const stop = new AbortController();
  let come: (value: string) => void = () => undefined;
  const waited = new Promise<string>((resolve) => {
    come = resolve;
  });
  const late: string[] = [];
  const outcome = unlessStopped(stop.signal, waited, (value) => void late.push(value));
  stop.abort();
  await expect(outcome).rejects.toBeInstanceOf(Stopped);
  expect(late).toEqual([]);
  come('the folder');
  await waited;
  expect(late).toEqual(['the folder']);
  await expect(unlessStopped(stop.signal, waited)).rejects.toBeInstanceOf(Stopped);
});
