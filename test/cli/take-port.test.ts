import { expect, onTestFinished, test } from 'vitest';
import { Stopped } from '../../src/cli/stopped.ts';
import { takePort } from '../../src/cli/take-port.ts';
import { listen } from '../../src/http/adapters/listen.ts';

const handle = async () => undefined;
const NEVER = new AbortController().signal;

test('a port that is given up in time is taken', async () => {
  const old = await listen({ port: 0, handle });
  const taking = takePort({ port: old.port, handle }, 10_000, NEVER);
  await expect(listen({ port: old.port, handle })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await old.close();
  const taken = await taking;
  onTestFinished(() => taken.close());
  expect(taken.port).toBe(old.port);
});

test('one that is not is told as it was, without patience at once', async () => {
  const old = await listen({ port: 0, handle });
  onTestFinished(() => old.close());
  for (const patienceMs of [0, 120]) {
    const taking = takePort({ port: old.port, handle }, patienceMs, NEVER);
    await expect(taking).rejects.toMatchObject({ code: 'EADDRINUSE' });
  }
});

test('it is tried for no longer than the signal allows, and nothing else is tried again', async () => {
  const old = await listen({ port: 0, handle });
  onTestFinished(() => old.close());
  const stop = new AbortController();
  const taking = takePort({ port: old.port, handle }, 60_000, stop.signal);
  stop.abort();
  await expect(taking).rejects.toBeInstanceOf(Stopped);
  const nowhere = takePort({ host: '192.0.2.1', port: 0, handle }, 60_000, NEVER);
  await expect(nowhere).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});
