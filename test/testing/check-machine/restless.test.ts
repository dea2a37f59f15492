import { expect, test } from 'vitest';
import { assign, createMachine, raise, sendParent, sendTo, setup } from 'xstate';
import { checkMachine } from '../../../src/testing/index.ts';
import { foundInRun } from './found.ts';

// Without a bound each of these goes on until the process has no memory left.

test('immediate transitions that go round', async () => {
  const machine = createMachine({
    id: 'round',
    initial: 'a',
    states: { a: { always: 'b' }, b: { always: 'a' } },
  });
  const error = await foundInRun(machine, {});
  expect(error.problems).toEqual([
    {
      kind: 'restless',
      sentence:
        'It never comes to rest: 10000 transitions at one moment, and more to come. The last ones led to: "a", "b".',
    },
  ]);
  expect(error.steps).toEqual([]);
});

test('events that are raised on the way in, some steps on', async () => {
  const machine = setup({
    types: { events: {} as { type: 'GO' } | { type: 'x' } },
    delays: { soon: 100 },
  }).createMachine({
    id: 'raising',
    initial: 'shut',
    states: {
      shut: { on: { GO: 'waiting' } },
      waiting: { on: { GO: 'shut' }, after: { soon: 'a' } },
      a: { entry: raise({ type: 'x' }), on: { x: 'b' } },
      b: { entry: raise({ type: 'x' }), on: { x: 'a' } },
    },
  });
  const error = await foundInRun(machine, { events: { GO: {} } });
  expect(error.problems.map(({ kind }) => kind)).toEqual(['restless']);
  expect(error.steps).toEqual([{ type: 'GO' }, { wait: 100 }]);
});

const rounds = createMachine({
  initial: 'a',
  states: { a: { always: 'b' }, b: { always: 'a' } },
});

test('an actor under the machine, though its failure is taken care of', async () => {
  const machine = setup({
    types: { events: {} as { type: 'GO' } },
    actors: { rounds },
  }).createMachine({
    id: 'above',
    initial: 'shut',
    states: {
      shut: { on: { GO: 'open' } },
      open: { invoke: { src: 'rounds', onError: 'shut' } },
    },
  });
  const error = await foundInRun(machine, { events: { GO: {} } });
  expect(error.problems.map(({ kind }) => kind)).toEqual(['restless']);
  expect(error.steps).toEqual([{ type: 'GO' }]);
});

test('two actors that answer each other at once', async () => {
  const echo = createMachine({ on: { PING: { actions: sendParent({ type: 'PONG' }) } } });
  const machine = setup({
    types: { events: {} as { type: 'GO' } | { type: 'PONG' } },
    actors: { echo },
  }).createMachine({
    id: 'pair',
    invoke: { src: 'echo', id: 'echo' },
    on: {
      GO: { actions: sendTo('echo', { type: 'PING' }) },
      PONG: { actions: sendTo('echo', { type: 'PING' }) },
    },
  });
  const error = await foundInRun(machine, { events: { GO: {} } });
  expect(error.problems.map(({ kind }) => kind)).toEqual(['restless']);
});

test('a long way that ends is no endless one, and each moment has its own', async () => {
  const machine = setup({
    types: { context: {} as { left: number }, events: {} as { type: 'GO' } },
    guards: { some: ({ context }) => context.left > 0 },
    delays: { soon: 1 },
  }).createMachine({
    id: 'long',
    context: { left: 0 },
    initial: 'rest',
    states: {
      rest: {
        on: { GO: { target: 'work', actions: assign({ left: 2_000 }) } },
        after: { soon: { target: 'work', actions: assign({ left: 2_000 }) } },
      },
      work: {
        always: [
          {
            guard: 'some',
            target: 'work',
            actions: assign({ left: ({ context }) => context.left - 1 }),
          },
          { target: 'rest' },
        ],
      },
    },
  });
  const report = await checkMachine(machine, {
    events: { GO: {} },
    runs: 3,
    maxSteps: 12,
    seed: 1,
  });
  expect(report.steps).toBeGreaterThan(6);
});
