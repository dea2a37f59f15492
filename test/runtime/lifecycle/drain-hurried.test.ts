import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import type { RuntimeOptions } from '../../../src/index.ts';
import { faultyRuntime, openWork, quietRuntime, standing } from '../fixture.ts';

// What a drain does not wait for: operations, once it is closed, and restarts of behaviours.

test('close during a drain aborts the operations now, and both get one report', async () => {
  const { clock, runtime } = quietRuntime();
  const work = openWork(await runtime.create(), { timeoutMs: 'off' });
  const drained = runtime.drain();
  await clock.advance(1_000);
  expect(work.aborted()).toBe(false);
  const closed = runtime.close();
  expect((await standing(clock, closed)).is).toBe('resolved');
  expect(work.aborted()).toBe(true);
  expect(await drained).toEqual({ ended: 1, hibernated: 0, aborted: 1, left: [], tookMs: 1_000 });
  expect(await closed).toBe(await drained);
  expect(clock.pending).toBe(0);
});

test.each([
  ['while operations run', true],
  ['while only the store is waited for', false],
])('… %s, a store that never answers has the time it has in a close', async (_, working) => {
  const { clock, runtime, store } = faultyRuntime();
  const session = await runtime.create();
  if (working) openWork(session, { timeoutMs: 'off' });
  store.break('stall');
  const drained = runtime.drain();
  await clock.advance(1_000);
  void runtime.close();
  await clock.advance(4_999);
  expect((await standing(clock, drained)).is).toBe('pending');
  await clock.advance(1);
  expect(await drained).toMatchObject({ left: [session.id], tookMs: 6_000 });
});

const failing = createMachine({
  entry: () => {
    throw new Error('no start');
  },
});
const failingLater = createMachine({
  on: {
    fail: {
      actions: () => {
        throw new Error('failed');
      },
    },
  },
});
const ending = createMachine({
  initial: 'running',
  states: { running: { on: { finish: 'over' } }, over: { type: 'final' } },
});
const behaviours: RuntimeOptions['behaviours'] = {
  failing: { logic: failing, maxFailures: Number.POSITIVE_INFINITY, backoffMs: 20_000 },
  later: { logic: failingLater },
  permanent: { logic: ending, policy: 'permanent' },
};

test('a restart that is waited for is no work worth waiting for', async () => {
  const { clock, runtime } = quietRuntime({ behaviours });
  const session = await runtime.create({ behaviour: 'failing' });
  expect(session.behaviour?.status).toBe('restarting');
  const drained = runtime.drain();
  expect((await standing(clock, drained)).is).toBe('resolved');
  expect(await drained).toMatchObject({ ended: 1, aborted: 0, tookMs: 0 });
  expect(runtime.stats().restarts).toBe(0);
  expect(clock.pending).toBe(0);
});

test('… and none is begun meanwhile', async () => {
  const { clock, runtime, events } = quietRuntime({ behaviours });
  const session = await runtime.create({ behaviour: 'later' });
  const work = openWork(session);
  const drained = runtime.drain();
  await session.send({ type: 'fail' });
  await clock.advance(5_000);
  expect(session.behaviour?.status).toBe('failed');
  const failed = events.filter((event) => event.type === 'session.behaviour-failed');
  expect(failed).toMatchObject([{ incarnation: 1, restartInMs: null }]);
  work.finish('done');
  expect(await drained).toMatchObject({ ended: 1, tookMs: 5_000 });
  expect(runtime.stats().restarts).toBe(0);
});

test('… not of one that is done and would be started anew either', async () => {
  const { clock, runtime } = quietRuntime({ behaviours });
  const session = await runtime.create({ behaviour: 'permanent' });
  const work = openWork(session);
  const drained = runtime.drain();
  await session.send({ type: 'finish' });
  await clock.advance(5_000);
  expect(session.behaviour).toMatchObject({ status: 'done', incarnation: 1 });
  work.finish('done');
  expect(await drained).toMatchObject({ ended: 1, tookMs: 5_000 });
});

const hang = () => new Promise<void>(() => undefined);

test('cleanup and onTerminated that take all their time leave some for the records', async () => {
  const { clock, runtime } = faultyRuntime(
    { delayMs: [400, 400] },
    { cleanup: hang, hooks: { onTerminated: hang } },
  );
  const created = runtime.create();
  await clock.advance(400);
  await created;
  const closed = runtime.close();
  await clock.advance(30_000);
  expect(await closed).toMatchObject({ ended: 1, left: [], tookMs: 10_800 });
});

test('… also with longer times of their own', async () => {
  const { clock, runtime } = quietRuntime({ cleanup: hang, cleanupTimeoutMs: 18_000 });
  await runtime.create();
  const closed = runtime.close();
  await clock.advance(30_000);
  expect(await closed).toMatchObject({ ended: 1, left: [], tookMs: 18_000 });
});
