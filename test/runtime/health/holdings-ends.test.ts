import { expect, test } from 'vitest';
import { holdings } from '../../../src/runtime/health/holdings.ts';
import type { RuntimeOptions } from '../../../src/runtime/runtime.ts';
import type { RuntimeContext } from '../../../src/runtime/runtime-context.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';
import { openRuntime } from '../fixture.ts';

// Sessions on their way in or out: there may be no timer that is not accounted for.

const never = (): Promise<never> => new Promise(() => undefined);

const quietly = (call: Promise<unknown>): void => void call.catch(() => undefined);

const expectAccounted = (clock: VirtualClock, context: RuntimeContext, beyondStanding: number) => {
  const standing = context.store.durable ? 3 : 2;
  expect(clock.pending).toBe(standing + beyondStanding);
  expect(holdings(context).timers).toBeGreaterThanOrEqual(clock.pending);
};

const open = async (options: RuntimeOptions) => {
  const { clock, context, runtime } = openRuntime(options);
  await clock.settle();
  return { clock, context, runtime };
};

test('a session whose initialize hangs', async () => {
  const { clock, context, runtime } = await open({ initialize: never });
  quietly(runtime.create());
  await clock.settle();
  expectAccounted(clock, context, 1);
  expect(holdings(context).busy).toBe(true);
});

test('a session whose cleanup hangs, after a hook that does', async () => {
  const { clock, context, runtime } = await open({
    cleanup: never,
    hooks: { onStateChanged: never },
  });
  const session = await runtime.create();
  await session.pause();
  quietly(session.terminate());
  await clock.settle();
  // Of the hook, of the end that waits for it, and of the cleanup.
  expectAccounted(clock, context, 3);
  expect(holdings(context).timers).toBe(clock.pending);
  expect(holdings(context).busy).toBe(true);
  await clock.advance(60_000);
  expectAccounted(clock, context, 0);
  expect(holdings(context).timers).toBe(clock.pending);
});

test('a drain that waits for an operation', async () => {
  const { clock, context, runtime } = await open({});
  const session = await runtime.create();
  quietly(session.run('mill', never));
  await clock.settle();
  quietly(runtime.drain());
  await clock.settle();
  expectAccounted(clock, context, 2);
});

test('a create whose answer was lost, and that cannot be asked about', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0.5 });
  const { context, runtime } = openRuntime({ clock, store });
  store.break('lose-answer');
  const creating = runtime.create();
  creating.catch(() => undefined);
  await clock.settle();
  await expect(creating).rejects.toThrow();
  expectAccounted(clock, context, 1);
  expect(holdings(context).others).toEqual({ 'creates to take back': 1 });
});

test('a stored session whose cleanup hangs: it is ended without being in memory', async () => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock });
  const { context, runtime } = openRuntime({ clock, store: disk.open(), cleanup: never });
  await clock.settle();
  const session = await runtime.create();
  await clock.advance(50_000);
  expect(session.info().residency).toBe('stored');
  quietly(session.terminate());
  await clock.settle();
  expectAccounted(clock, context, 1);
  expect(holdings(context)).toMatchObject({
    busy: true,
    lanes: 0,
    sessions: [{ id: session.id, actor: null, inLane: false }],
    others: { 'sessions on their way to their end': 1 },
  });
});
