import { expect, test } from 'vitest';
import { type AnyActorRef, createActor, setup } from 'xstate';
import { createMemoryStore } from '../../src/store/memory.ts';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import {
  createTestRuntime,
  type TestRuntime,
  type TestRuntimeOptions,
} from '../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

// A leak of each kind is planted; it is found, by its kind and name, and gone when it is mended.

const leaksOf = (life: TestRuntime): string[] => {
  try {
    life.expectNoLeaks();
    return [];
  } catch (error) {
    return String(error).split('\n').slice(1);
  }
};

/** A runtime with one session that has become idle. */
const withSession = async (options: TestRuntimeOptions = {}) => {
  const life = createTestRuntime(options);
  const session = await life.runtime.create({ principal: 'ada' });
  await life.advance(3 * 60_000);
  expect(leaksOf(life)).toEqual([]);
  return { life, session };
};

const calm = setup({}).createMachine({
  initial: 'calm',
  states: { calm: { on: { end: 'over' } }, over: { type: 'final' } },
});

test('a runtime that was used and closed leaves nothing, before and after', async () => {
  const life = createTestRuntime({
    cleanup: () => undefined,
    hooks: { onTerminated: () => undefined },
    behaviours: { calm: { logic: calm } },
  });
  const session = await life.runtime.create({ principal: 'ada', behaviour: 'calm' });
  const stop = session.subscribe(() => undefined);
  const detach = session.attach();
  await session.run('work', () => 'done');
  await session.waitFor('active');
  await session.append({ role: 'user', content: 'hello' });
  detach();
  stop();
  life.expectNoLeaks();
  await session.terminate();
  await life.advance(60 * 60_000);
  life.expectNoLeaks();
  await life.close();
  life.expectNoLeaks();
});

test('what a session that is there needs itself is no leak', async () => {
  const { life, session } = await withSession({
    behaviours: {
      patient: {
        logic: setup({}).createMachine({
          initial: 'waiting',
          states: { waiting: { after: { 3600000: 'over' } }, over: {} },
        }),
      },
    },
  });
  await life.runtime.create({ principal: 'ada', behaviour: 'patient' });
  session.run('work', () => new Promise(() => undefined)).catch(() => undefined);
  await life.settle();
  life.expectNoLeaks();
});

test('timers: one that nobody takes back, with who scheduled it', async () => {
  const { life } = await withSession();
  const forget = () => life.clock.scheduler.schedule(() => undefined, 7_000);
  const timer = forget();
  expect(leaksOf(life)).toEqual([
    expect.stringMatching(/^timers: due in 7000 ms, scheduled by forget \(test\/testing\/leaks/),
  ]);
  await life.close();
  expect(leaksOf(life)).toEqual([expect.stringMatching(/^timers: due in 7000 ms, .*forget/)]);
  timer.unsubscribe();
  life.expectNoLeaks();
});

test('timers: on a clock that does not note it, how to see where they come from', async () => {
  const { life } = await withSession({ clock: createVirtualClock() });
  life.expectNoLeaks();
  const unsubscribe = life.runtime.subscribe(() => undefined);
  expect(leaksOf(life)).toEqual(['subscriptions: runtime.subscribe']);
  unsubscribe();
  life.clock.scheduler.schedule(() => undefined, 5_000);
  expect(leaksOf(life)).toEqual([
    'timers: due in 5000 ms',
    expect.stringMatching(/clock that notes it: createVirtualClock\(\{ traced: true \}\)\.$/),
  ]);
});

test('timers: one of the application is its own affair while its code runs, and a leak after it', async () => {
  const { life, session } = await withSession();
  let finish = (): void => undefined;
  const work = session.run('work', () => {
    life.clock.scheduler.schedule(() => undefined, 7_000);
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await life.settle();
  life.expectNoLeaks();
  finish();
  await work;
  expect(leaksOf(life)).toEqual([expect.stringContaining('timers: due in 7000 ms')]);
});

test('subscriptions: of the runtime, and of a session', async () => {
  const { life, session } = await withSession();
  const stops = [
    life.runtime.subscribe(() => undefined),
    life.runtime.subscribe(() => undefined),
    session.subscribe(() => undefined),
  ];
  expect(leaksOf(life)).toEqual([
    `subscriptions: runtime.subscribe × 2; ${session.id}: session.subscribe`,
  ]);
  for (const stop of stops) stop();
  life.expectNoLeaks();
});

test('subscriptions: of a closed runtime too; a session that has ended lets go of its own', async () => {
  const { life, session } = await withSession();
  life.runtime.subscribe(() => undefined);
  session.subscribe(() => undefined);
  await life.close();
  expect(leaksOf(life)).toEqual(['subscriptions: runtime.subscribe']);
});

test('waits: a state that does not come', async () => {
  const { life, session } = await withSession();
  const enough = new AbortController();
  const wait = session.waitFor('paused', { timeoutMs: 60_000, signal: enough.signal });
  expect(leaksOf(life)).toEqual([`waits: ${session.id}: waitFor`]);
  enough.abort();
  await expect(wait).rejects.toThrow();
  life.expectNoLeaks();
});

test('streams: of a session that is there, and of one that has ended', async () => {
  const { life, session } = await withSession();
  const detach = [session.attach(), session.attach()];
  expect(leaksOf(life)).toEqual([`streams: ${session.id}: 2 attached`]);
  detach[0]?.();
  await session.terminate();
  expect(leaksOf(life)).toEqual([`streams: ${session.id}: 1 attached`]);
  await life.close();
  expect(leaksOf(life)).toEqual([`streams: ${session.id}: 1 attached`]);
  detach[1]?.();
  life.expectNoLeaks();
});

test('actors: one in the place of a session that nobody knows', async () => {
  let registry: AnyActorRef | null = null;
  const { life } = await withSession({
    inspect: (event) => {
      if (event.type === '@xstate.actor') registry ??= event.actorRef as AnyActorRef;
    },
  });
  if (registry === null) throw new Error('no registry was heard of');
  const stray = createActor(calm, { id: 'ses_stray', parent: registry } as object).start();
  expect(leaksOf(life)).toEqual(['actors: ses_stray']);
  await life.close();
  expect(leaksOf(life)).toEqual(['actors: ses_stray']);
  stray.send({ type: 'end' });
  life.expectNoLeaks();
});

test('behaviours: an actor that goes on without its session, all the way down', async () => {
  const actors = new Map<string, AnyActorRef>();
  const { life } = await withSession({
    behaviours: { calm: { logic: calm } },
    inspect: (event) => {
      if (event.type !== '@xstate.actor') return;
      const actor = event.actorRef as AnyActorRef;
      actors.set(actor.id, actor);
    },
  });
  const session = await life.runtime.create({ behaviour: 'calm' });
  // Its behaviour starts one that it does not tell XState of, so that nobody stops it.
  const parent = actors.get('behaviour');
  const stray = createActor(calm, { id: 'child', parent } as object).start();
  life.expectNoLeaks();
  await session.terminate();
  expect(leaksOf(life)).toEqual([`behaviours: ${session.id}/behaviour/child`]);
  stray.send({ type: 'end' });
  life.expectNoLeaks();
});

test('store: a call that is not answered, and a store that does not close', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0.5 });
  const { life, session } = await withSession({ clock, store });
  store.break('stall');
  const read = session.messages();
  await life.settle();
  expect(leaksOf(life)).toEqual([`store: readJournal of ${session.id} is not answered`]);
  store.heal();
  await read;
  life.expectNoLeaks();
});

test('store: one that does not close, and what it has of a runtime that is closed', async () => {
  const clock = createVirtualClock();
  const never = { close: () => new Promise<void>(() => undefined) };
  const life = createTestRuntime({ clock, store: Object.assign(createMemoryStore(), never) });
  await life.close();
  expect(leaksOf(life)).toEqual(['store: close is not answered; it is not closed']);
});

test('the rest: of a closed runtime, whatever is in its tables', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0.5 });
  const { life, session } = await withSession({ clock, store });
  store.break('fail');
  expect((await life.close()).left).toEqual([session.id]);
  expect(leaksOf(life).join('\n')).toMatch(/runtime: 1 sessions in memory; .*1 principals/);
});

test('timers: one that is nobody’s is found beside a behaviour that only waits for events', async () => {
  const life = createTestRuntime({ behaviours: { calm: { logic: calm } } });
  await life.runtime.create({ behaviour: 'calm' });
  life.expectNoLeaks();
  const stray = life.clock.scheduler.schedule(() => undefined, 10_000_000);
  expect(leaksOf(life)).toMatchObject([expect.stringContaining('timers: due in 10000000 ms')]);
  stray.unsubscribe();
  expect(leaksOf(life)).toEqual([]);
  await life.close();
});
