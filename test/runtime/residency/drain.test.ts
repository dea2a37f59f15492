import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { OperationAbortedError } from '../../../src/index.ts';
import { openWork } from '../fixture.ts';
import { after, durableRuntime, newDisk, processOver } from './fixture.ts';

test('a drain over a durable store puts every session away, and the next process goes on with them', async () => {
  const first = durableRuntime();
  const { clock, disk } = first;
  const active = await after(clock, first.runtime.create({ principal: 'ada', data: { n: 1 } }));
  const paused = await after(clock, first.runtime.create({ principal: 'ada' }));
  await after(clock, paused.pause());
  const report = await after(clock, first.runtime.drain());
  expect(report).toMatchObject({ ended: 0, hibernated: 2, aborted: 0, left: [] });
  expect(disk.inUse).toBe(false);
  expect(clock.pending).toBe(0);
  const second = processOver(first);
  const session = await after(clock, second.runtime.get(active.id));
  await after(clock, session.touch());
  expect(session.data).toEqual({ n: 1 });
  expect(second.events).toContainEqual(
    expect.objectContaining({ type: 'session.woken', from: 'hibernation' }),
  );
  const other = await after(clock, second.runtime.get(paused.id));
  expect(other.state).toBe('paused');
});

test('work has its time, then its signal, and its session is put away', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  const work = openWork(session);
  await clock.advance(10);
  const drained = runtime.drain({ operationsMs: 3_000 });
  await clock.advance(2_900);
  expect(work.aborted()).toBe(false);
  await clock.advance(200);
  expect(work.aborted()).toBe(true);
  expect(await drained).toMatchObject({ ended: 0, hibernated: 1, aborted: 1, left: [] });
});

test('work that is cut short is told so, and not that it was never taken', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  const work = session.run('count', () => new Promise(() => {})).catch((error: unknown) => error);
  await clock.advance(10);
  await after(clock, runtime.drain({ operationsMs: 0 }));
  const error = await work;
  expect(error).toBeInstanceOf(OperationAbortedError);
  expect(error).toMatchObject({
    retryable: false,
    message: expect.stringContaining('it may be done in part'),
  });
});

test('a hook that hangs keeps no session in memory at the end', async () => {
  const { clock, runtime } = durableRuntime({
    hooks: { onStateChanged: () => new Promise<void>(() => undefined) },
  });
  await after(clock, runtime.create({ principal: 'ada' }), 6_000);
  expect(await after(clock, runtime.close(), 10_000)).toMatchObject({ hibernated: 1, left: [] });
  expect(clock.pending).toBe(0);
});

test('a behaviour that moves on all the time is stopped, and its session put away with what it came to', async () => {
  const steps: number[] = [];
  const busy = setup({ types: { context: {} as { n: number } } }).createMachine({
    context: { n: 0 },
    initial: 'counting',
    states: {
      counting: {
        after: {
          1: {
            target: 'counting',
            reenter: true,
            actions: assign({
              n: ({ context }) => {
                steps.push(context.n + 1);
                return context.n + 1;
              },
            }),
          },
        },
      },
    },
  });
  const options = { behaviours: { busy: { logic: busy } } };
  const first = durableRuntime(options);
  const { clock, runtime, disk } = first;
  const made = await after(clock, runtime.create({ behaviour: 'busy' }), 500);
  const report = await after(clock, runtime.drain(), 10_000);
  expect(report).toMatchObject({ hibernated: 1, left: [] });
  expect(disk.records()).toMatchObject([{ state: 'idle', owner: null }]);
  const second = processOver(first, options);
  const session = await after(clock, second.runtime.get(made.id), 10);
  await after(clock, session.touch(), 10);
  expect(session.behaviour?.status).toBe('running');
  // Not one is done twice, or left out.
  expect(steps.length).toBeGreaterThan(500);
  expect(steps).toEqual(steps.map((_, index) => index + 1));
});

test('a close that comes as a session is being put away leaves nothing to wait for', async () => {
  const made = newDisk({ syncMs: 20 });
  const { clock, runtime } = processOver(made);
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  while (session.info().residency !== 'hibernating') await clock.advance(1);
  await clock.advance(10);
  const closed = runtime.close();
  for (let ms = 0; ms < 90; ms++) await clock.advance(1);
  await closed;
  expect(session.info().residency).toBe('stored');
  expect(clock.pending).toBe(0);
});
