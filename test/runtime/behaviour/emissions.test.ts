import { expect, test } from 'vitest';
import { createMachine, emit, fromCallback, setup } from 'xstate';
import type { LifecycleEvent } from '../../../src/index.ts';
import { LIMITS } from '../../../src/limits.ts';
import { faultyRuntime, toldOf } from '../fixture.ts';
import { behaving, eventsOfType, viewOf, worker } from './behaviour-under-test.ts';

const TELL = { type: 'work.add-and-tell' } as const;

const sums = (events: readonly LifecycleEvent[]): unknown[] =>
  eventsOfType(events, 'session.emitted').map(({ event }) => Reflect.get(event, 'n'));

const faulty = async (spec = { logic: worker } as const) => {
  const parts = faultyRuntime({}, { behaviours: { it: spec } });
  const session = await parts.runtime.create({ behaviour: 'it' });
  return { ...parts, session };
};

test('what is emitted is told with the commit that carries its snapshot, in order', async () => {
  const { clock, store, session, events } = await faulty();
  store.break('stall');
  const sent = [session.send(TELL), session.pause(), session.resume(), session.send(TELL)];
  await clock.advance(1_000);
  expect(toldOf(events, session.id).slice(3)).toEqual([]);
  store.heal();
  await Promise.all(sent.map((one) => one.catch(() => undefined)));
  expect(sums(events)).toEqual([1, 2]);
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'emitted',
    'active>paused',
    'paused',
    'paused>active',
    'resumed',
    'emitted',
  ]);
});

test('an event without a change of the snapshot is told too', async () => {
  const { session, events } = await behaving({ logic: worker });
  await session.send({ type: 'work.tell' });
  expect(sums(events)).toEqual([0]);
});

test('what was emitted when it started, and outside a transition, is told', async () => {
  const greeting = setup({ types: { emitted: {} as { type: 'hello' } } }).createMachine({
    entry: emit({ type: 'hello' }),
  });
  const early = await behaving({ logic: greeting });
  await early.clock.settle();
  expect(eventsOfType(early.events, 'session.emitted')).toMatchObject([
    { event: { type: 'hello' } },
  ]);

  let later: () => void = () => undefined;
  const logic = fromCallback(({ emit: tell }) => {
    later = () => tell({ type: 'later' });
  });
  const { clock, session, events } = await behaving({ logic });
  later();
  later();
  await clock.settle();
  expect(toldOf(events, session.id).slice(3)).toEqual(['emitted', 'emitted']);
});

test('what a failed transition emitted is not told', async () => {
  const { clock, session, events } = await behaving({ logic: worker });
  await session.send({ type: 'tell-and-crash' });
  await clock.advance(1_000);
  await session.send(TELL);
  expect(sums(events)).toEqual([1]);
});

test('what was emitted and not recorded when it failed never was: it is emitted again', async () => {
  const { clock, store, session, events } = await faulty();
  store.break('fail');
  session.send(TELL).catch(() => undefined);
  session.send(TELL).catch(() => undefined);
  session.send({ type: 'crash' }).catch(() => undefined);
  await clock.advance(500);
  store.heal();
  await clock.advance(20_000);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
  expect(sums(events)).toEqual([]);
  await session.send(TELL);
  expect(sums(events)).toEqual([1]);
});

test('what a commit under way carries is told when that succeeds, although it failed meanwhile', async () => {
  const { clock, store, session, events } = await faulty();
  store.break('stall');
  session.send(TELL).catch(() => undefined);
  session.send(TELL).catch(() => undefined);
  session.send({ type: 'crash' }).catch(() => undefined);
  await clock.advance(100);
  store.heal();
  await clock.advance(500);
  // The first is recorded with its snapshot; the second was not, and the restart is from before it.
  expect(sums(events)).toEqual([1]);
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
});

test('what a listener causes when it hears what stood behind a lost event is recorded with it', async () => {
  const parts = faultyRuntime({ delayMs: [10, 10] }, { behaviours: { it: { logic: worker } } });
  const { clock, store, memory, runtime, events } = parts;
  const creating = runtime.create({ behaviour: 'it' });
  await clock.advance(10);
  const session = await creating;
  let paused: Promise<void> | null = null;
  session.subscribe((event) => {
    if (event.type === 'session.attached') paused = session.pause();
  });
  store.break('fail');
  session.send(TELL).catch(() => undefined);
  session.attach();
  session.send({ type: 'crash' }).catch(() => undefined);
  await clock.advance(50);
  expect(paused).toBeNull();
  store.heal();
  await clock.advance(200);
  await paused;
  expect((await memory.load(session.id))?.state).toBe('paused');
  expect(session.state).toBe('paused');
  expect(sums(events)).toEqual([]);
});

test('the end of the session tells what was emitted before it', async () => {
  const { store, session, events } = await faulty();
  store.break('stall');
  session.send(TELL).catch(() => undefined);
  session.send(TELL).catch(() => undefined);
  const ended = session.terminate();
  store.heal();
  await ended;
  expect(sums(events)).toEqual([1, 2]);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:client');
});

test('while the store fails, only so much waits, and what was left out is told of', async () => {
  const { clock, store, session, events } = await faulty();
  store.break('stall');
  const send = (count: number): void => {
    for (let n = 0; n < count; n++) session.send(TELL).catch(() => undefined);
  };
  send(LIMITS.untoldEvents);
  await clock.advance(LIMITS.untoldWaitMs);
  send(10);
  await clock.settle();
  store.heal();
  await clock.advance(60_000);
  expect(sums(events)).toHaveLength(LIMITS.untoldEvents);
  const [error] = eventsOfType(events, 'runtime.error');
  expect(String(error?.error)).toContain(
    '10 events were left out: 1000 were waiting, the first for 1000 ms or more.',
  );
});

test('with a healthy store nothing is left out, however much one transition emits', async () => {
  const count = 5_000;
  const words = Array.from({ length: count }, (_, n) => emit({ type: 'word', n }));
  const talker = createMachine({ on: { talk: { actions: words } } });
  const { session, events } = await behaving({ logic: talker });
  // The second waits for the commit that carries the first.
  await Promise.all([session.send({ type: 'talk' }), session.send({ type: 'talk' })]);
  const once = Array.from({ length: count }, (_, n) => n);
  expect(sums(events)).toEqual([...once, ...once]);
  expect(eventsOfType(events, 'runtime.error')).toEqual([]);
});

test('more than a call takes as arguments may be emitted at once', async () => {
  let talk: (count: number) => void = () => undefined;
  const logic = fromCallback(({ emit: tell }) => {
    talk = (count) => {
      for (let n = 0; n < count; n += 1) tell({ type: 'word' });
    };
  });
  const { clock, session } = await behaving({ logic });
  let heard = 0;
  session.subscribe(() => {
    heard += 1;
  });
  talk(200_000);
  await clock.settle();
  expect(heard).toBe(200_000);
});
