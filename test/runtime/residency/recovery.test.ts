import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, test } from 'vitest';
import type { RuntimeOptions } from '../../../src/index.ts';
import { toldOf, toldOfItself } from '../fixture.ts';
import { after, crash, durableRuntime, elapsed, processOver } from './fixture.ts';

/** Takes everything, and waits for something first. */
const schemaThat = (waits: () => Promise<unknown>): StandardSchemaV1 => ({
  '~standard': {
    version: 1,
    vendor: 'own',
    validate: async (value) => {
      await waits();
      return { value };
    },
  },
});

test('a session outlives its process: the next call wakes it, with all that was acknowledged', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada', data: { n: 1 } }));
  await after(clock, made.append({ role: 'user', content: 'hello' }));
  await after(
    clock,
    made.update(() => ({ n: 2 })),
  );
  await clock.advance(3_000);
  crash(first);
  clock.suspend(20_000);

  const second = processOver(first);
  const session = await after(clock, second.runtime.get(made.id));
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle', principal: 'ada' });
  expect(session.data).toEqual({ n: 2 });
  await after(clock, session.touch());
  expect(session.state).toBe('active');
  expect((await after(clock, session.messages())).messages).toMatchObject([{ content: 'hello' }]);
  expect(second.events.filter(({ type }) => type === 'session.woken')).toMatchObject([
    { from: 'crash' },
  ]);
  expect(toldOfItself(second.events)).toEqual(['runtime.time-gap']);
  expect(second.runtime.validateAll()).toEqual([]);
});

test('nothing is loaded at a start', async () => {
  const first = durableRuntime();
  const { clock } = first;
  for (let n = 0; n < 5; n += 1) await after(clock, first.runtime.create({ principal: 'ada' }));
  crash(first);
  const second = processOver(first);
  await clock.advance(5_000);
  expect(second.runtime.stats()).toMatchObject({ resident: 0, woken: 0 });
  expect(second.runtime.stats().byResidency.stored).toBe(5);
});

test('downtime ends nobody for silence before a fresh window is over, and then it does', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada' }));
  crash(first);
  clock.suspend(300_000);
  const second = processOver(first);
  // The fresh window is the longer of idleAfter and the heartbeat window: 15 s.
  await clock.advance(14_000);
  const session = await after(clock, second.runtime.get(made.id));
  expect(session.state).toBe('idle');
  await clock.advance(2_000);
  expect(session.state).toBe('terminated');
  expect(session.info().reason).toBe('idle-timeout');
});

test('a lifetime that was over during the downtime is honoured at once', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada' }));
  crash(first);
  clock.suspend(2_000_000);
  const second = processOver(first);
  await clock.advance(500);
  expect(toldOf(second.events, made.id).at(-1)).toBe('ended:max-lifetime');
});

test('one that was being made ends with init-failed, and its cleanup runs', async () => {
  const ends: string[] = [];
  const options: RuntimeOptions = {
    initialize: () => new Promise<void>(() => undefined),
    cleanup: (_session, reason) => {
      ends.push(reason);
    },
  };
  const first = durableRuntime(options);
  const { clock, disk } = first;
  first.runtime.create({ principal: 'ada' }).catch(() => undefined);
  await clock.advance(100);
  expect(disk.records()).toMatchObject([{ state: 'initializing' }]);
  crash(first);
  processOver(first, options);
  await clock.advance(500);
  expect(disk.records()).toMatchObject([
    { state: 'terminated', session: { reason: 'init-failed' } },
  ]);
  expect(ends).toEqual(['init-failed']);
});

test.each([
  ['one that is ready once it is recorded', {}],
  ['one that is initialized first', { initialize: () => undefined }],
] satisfies [string, RuntimeOptions][])(
  'an end that began before the first record was written is finished: %s',
  async (_what, options: RuntimeOptions) => {
    const first = durableRuntime({
      ...options,
      data: schemaThat(() => {
        first.runtime.drain().catch(() => undefined);
        return elapsed(first.clock, 1);
      }),
    });
    const { clock, disk } = first;
    first.runtime.create({ principal: 'ada', data: {} }).catch(() => undefined);
    for (let ms = 0; ms < 50 && disk.records().length === 0; ms += 1) await clock.advance(1);
    expect(disk.records()).toMatchObject([
      { owner: first.context.owner, session: { reason: 'shutdown' } },
    ]);
    crash(first);
    const second = processOver(first, options);
    await clock.advance(500);
    expect(disk.records()).toMatchObject([
      { state: 'terminated', session: { reason: 'shutdown' } },
    ]);
    expect(second.events.filter(({ type }) => type === 'session.ended')).toHaveLength(1);
    expect(second.runtime.stats().byResidency.stored).toBe(0);
    expect(second.runtime.validateAll()).toEqual([]);
  },
);

test('an end that was begun is finished, with the reason it began with', async () => {
  const ends: string[] = [];
  let hangs = true;
  const options: RuntimeOptions = {
    cleanup: (_session, reason) => {
      ends.push(reason);
      return hangs ? new Promise<void>(() => undefined) : undefined;
    },
  };
  const first = durableRuntime(options);
  const { clock, disk } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada' }));
  made.terminate('operator').catch(() => undefined);
  await clock.advance(100);
  expect(disk.records()).toMatchObject([{ state: 'terminating' }]);
  crash(first);
  hangs = false;
  const second = processOver(first, options);
  await clock.advance(500);
  expect(disk.records()).toMatchObject([{ state: 'terminated', session: { reason: 'operator' } }]);
  expect(ends).toEqual(['operator', 'operator']);
  expect(toldOf(second.events, made.id)).toEqual(['terminating>terminated', 'ended:operator']);
});

test('a durable operation that was cut short is interrupted at the next wake, and done again where that is decided', async () => {
  const calls: unknown[] = [];
  const asked: unknown[] = [];
  const options = (again: boolean): RuntimeOptions => ({
    operations: {
      bill: (input) => {
        calls.push(input);
        return again ? 'billed' : new Promise<never>(() => undefined);
      },
    },
    onInterrupted: (_session, operation) => {
      asked.push(operation);
      return 'again';
    },
  });
  const first = durableRuntime(options(false));
  const { clock, disk } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada' }));
  made.run('bill', { amount: 3 }, { durable: true, id: 'op-1' }).catch(() => undefined);
  await clock.advance(100);
  expect(calls).toEqual([{ amount: 3 }]);
  crash(first);
  const second = processOver(first, options(true));
  const session = await after(clock, second.runtime.get(made.id));
  await after(clock, session.touch());
  await clock.advance(100);
  expect(asked).toMatchObject([{ operation: 'op-1', name: 'bill', input: { amount: 3 } }]);
  expect(calls).toEqual([{ amount: 3 }, { amount: 3 }]);
  expect(disk.journal(made.id).map(({ data }) => (data as { phase: string }).phase)).toEqual([
    'started',
    'interrupted',
    'started',
    'finished',
  ]);
  expect(toldOf(second.events, made.id)).toContain('interrupted');
  expect(disk.records()).toMatchObject([{ session: { operations: [] } }]);
  expect(second.runtime.validateAll()).toEqual([]);
});

test('a wall clock that was put back during the downtime is lifted, and that is told', async () => {
  const first = durableRuntime();
  const { clock } = first;
  await after(clock, first.runtime.create({ principal: 'ada' }));
  await clock.advance(5_000);
  const before = clock.wall();
  crash(first);
  clock.stepWall(-3_600_000);
  const second = processOver(first);
  await clock.advance(100);
  expect(second.events[0]).toMatchObject({ type: 'runtime.time-gap', kind: 'wall-behind' });
  expect(second.context.clock.wall()).toBeGreaterThan(before - 1_500);
});
