import { expect, test } from 'vitest';
import { createMemoryStore, type RuntimeOptions, StoreError } from '../../../src/index.ts';
import {
  faultyRuntime,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  toldOf,
} from '../fixture.ts';

// Nobody is left waiting by a drain: neither callers that it gives up on, nor sessions that have to be cleaned up.

test('who still waits when it gives up on the store is told, whatever was asked for', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const session = await runtime.create();
  store.break('stall');
  const asked = {
    inFlight: session.pause(),
    next: session.resume(),
    end: session.terminate(),
  };
  const refusals = Promise.all(Object.values(asked).map(rejectionOf));
  const closed = runtime.close();
  await clock.advance(5_000 - 1);
  expect((await standing(clock, asked.end)).is).toBe('pending');
  await clock.advance(1 + 5_000);
  expect((await closed).left).toEqual([session.id]);
  for (const refusal of await refusals) {
    expect(refusal).toBeInstanceOf(StoreError);
    expect(refusal).toMatchObject({ durable: false, retryable: false });
  }
});

test('a store that answers after all changes nothing of that', async () => {
  const { clock, runtime, store, events } = faultyRuntime();
  const session = await runtime.create();
  store.break('stall');
  const end = rejectionOf(session.terminate());
  const closed = runtime.close();
  await clock.advance(10_000);
  await closed;
  const told = events.length;
  store.heal();
  await clock.advance(60_000);
  expect(await end).toBeInstanceOf(StoreError);
  expect(events.length).toBe(told);
  expect(clock.pending).toBe(0);
});

const hang = () => new Promise<void>(() => undefined);

test.each<[string, RuntimeOptions, number]>([
  ['cleanup', { cleanup: hang }, 5_000],
  ['onTerminated', { hooks: { onTerminated: hang } }, 5_000],
  ['both', { cleanup: hang, hooks: { onTerminated: hang } }, 10_000],
])('%s that hangs does not make it leave sessions', async (_name, options, tookMs) => {
  const store = createMemoryStore();
  const close = store.close.bind(store);
  const ids: string[] = [];
  const recorded: string[] = [];
  store.close = async () => {
    for (const id of ids) recorded.push((await recordOf(store, id)).state);
    await close();
  };
  const { clock, runtime, events } = quietRuntime({ store, ...options });
  for (let made = 0; made < 3; made += 1) ids.push((await runtime.create()).id);
  const closed = runtime.close();
  await clock.advance(20_000);
  expect(await closed).toEqual({ ended: 3, hibernated: 0, aborted: 0, left: [], tookMs });
  expect(recorded).toEqual(['terminated', 'terminated', 'terminated']);
  for (const id of ids) expect(toldOf(events, id).at(-1)).toBe('ended:shutdown');
  expect(clock.pending).toBe(0);
});

test('cleanup without a limit of its own cannot hold it for ever: the sessions are named', async () => {
  const { clock, runtime } = quietRuntime({ cleanup: hang, cleanupTimeoutMs: 'off' });
  const session = await runtime.create();
  const closed = runtime.close();
  await clock.advance(11_000);
  expect((await closed).left).toEqual([session.id]);
  expect(clock.pending).toBe(0);
});
