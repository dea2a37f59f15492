import { expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { toldOf } from '../fixture.ts';
import { after, crash, durableRuntime, processOver, REST_MS } from './fixture.ts';

const counter = setup({
  types: {
    context: {} as { n: number; from: string | null },
    events: {} as { type: 'add' } | { type: 'session.restored'; from: string },
  },
}).createMachine({
  context: { n: 0, from: null },
  initial: 'waiting',
  on: {
    add: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    'session.restored': { actions: assign({ from: ({ event }) => event.from }) },
  },
  states: { waiting: { after: { 30000: 'reminded' } }, reminded: {} },
});

const asking = setup({
  actors: { ask: fromPromise<number>(() => new Promise<number>(() => undefined)) },
}).createMachine({ invoke: { src: 'ask' } });

const behaviours = { counter: { logic: counter }, asking: { logic: asking } };

test('a behaviour goes on where it was, and sees that it was restored', async () => {
  const { clock, runtime, events } = durableRuntime({ behaviours });
  const session = await after(clock, runtime.create({ behaviour: 'counter' }));
  await after(clock, session.send({ type: 'add' }));
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  expect(session.behaviour?.status).toBe('stored');
  await after(clock, session.send({ type: 'add' }));
  expect(session.behaviour?.getSnapshot()).toMatchObject({
    value: 'waiting',
    context: { n: 2, from: 'hibernation' },
  });
  expect(session.behaviour?.incarnation).toBe(1);
  expect(toldOf(events, session.id)).not.toContain('restarted');
  expect(runtime.validateAll()).toEqual([]);
});

test('a stored session is woken for a delay of its behaviour, at its time', async () => {
  const { clock, runtime } = durableRuntime({ behaviours });
  const session = await after(clock, runtime.create({ behaviour: 'counter' }), 10);
  await clock.advance(29_000);
  expect(session.info().residency).toBe('stored');
  await clock.advance(1_300);
  expect(session.info().residency).toBe('resident');
  expect(session.behaviour?.getSnapshot().value).toBe('reminded');
});

test('a behaviour that waits for an answer keeps its session in memory', async () => {
  const { clock, runtime } = durableRuntime({ behaviours });
  const session = await after(clock, runtime.create({ behaviour: 'asking' }));
  await clock.advance(40_000);
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'idle' });
});

test('after a crash it goes on from its last commit, also one that nothing was sent to', async () => {
  const first = durableRuntime({ behaviours });
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ behaviour: 'counter' }));
  await after(clock, made.send({ type: 'add' }));
  const quiet = await after(clock, first.runtime.create({ behaviour: 'counter' }));
  await clock.advance(1_000);
  crash(first);
  const second = processOver(first, { behaviours });
  const session = await after(clock, second.runtime.get(made.id));
  await after(clock, session.touch());
  expect(session.behaviour?.getSnapshot()).toMatchObject({ context: { n: 1, from: 'crash' } });
  const other = await after(clock, second.runtime.get(quiet.id));
  await after(clock, other.send({ type: 'add' }));
  expect(other.behaviour?.getSnapshot()).toMatchObject({ context: { n: 1 } });
});
