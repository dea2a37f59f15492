import { expect, test } from 'vitest';
import { and, createMachine, fromPromise, setup } from 'xstate';
import { InvalidOptionError } from '../../src/index.ts';
import { shapeOf } from '../../src/testing/index.ts';

const config = {
  id: 'order',
  context: ({ input }: { input: { n: number } }) => ({ n: input.n, list: [] }),
  initial: 'open',
  on: { stop: '.shut' },
  states: {
    open: {
      initial: 'new',
      invoke: { src: 'load', id: 'loading', onDone: 'shut' },
      states: { new: { after: { soon: 'old', 500: { guard: 'may' } } }, old: {} },
      always: { guard: 'may', target: 'shut' },
      on: { 'item.add': [{ guard: { type: 'may', params: {} } }, { target: 'shut' }] },
    },
    shut: { type: 'final' },
  },
} as const;

const machineOf = (own: object = config) =>
  setup({
    actors: { load: fromPromise(async () => 1) },
    guards: { may: () => false },
    delays: { soon: 10 },
  }).createMachine(own as never);

test('a shape has the states, events, guards, delays, fields and invoked actors of a machine, sorted', () => {
  const shape = shapeOf(machineOf(), { n: 1 });
  expect(shape.id).toBe('order');
  expect(shape.context).toEqual(['list', 'n']);
  expect(Object.keys(shape.states)).toEqual(['', 'open', 'open.new', 'open.old', 'shut']);
  expect(shape.states['']).toMatchObject({
    type: 'compound',
    initial: 'open',
    on: { stop: [{ targets: ['order.shut'], guard: null }] },
  });
  expect(shape.states['open']).toEqual({
    type: 'compound',
    initial: 'new',
    on: {
      always: [{ targets: ['order.shut'], guard: 'may' }],
      'item.add': [
        { targets: [], guard: 'may' },
        { targets: ['order.shut'], guard: null },
      ],
      'xstate.done.actor.loading': [{ targets: ['order.shut'], guard: null }],
    },
    after: {},
    invoke: { loading: 'load' },
  });
  expect(shape.states['open.new']?.after).toEqual({
    500: [{ targets: [], guard: 'may' }],
    soon: [{ targets: ['order.open.old'], guard: null }],
  });
  expect(shape.states['shut']?.type).toBe('final');
});

test('it is JSON, and the same for the same chart however its keys are ordered', () => {
  const { states, ...rest } = config;
  const { open, shut } = states;
  const turned = { states: { shut, open }, ...rest };
  const shape = shapeOf(machineOf(turned), { n: 2 });
  expect(JSON.stringify(shape)).toBe(JSON.stringify(shapeOf(machineOf(), { n: 1 })));
  expect(JSON.parse(JSON.stringify(shape))).toEqual(shape);
});

test.each([
  ['a state', { states: { ...config.states, more: {} } }],
  ['an event', { on: { ...config.on, go: '.open' } }],
  ['a target', { on: { stop: '.open' } }],
  ['a field of the context', { context: { n: 1 } }],
  ['the state it begins in', { initial: 'shut' }],
  ['the id', { id: 'cart' }],
  ['a guard', { on: { stop: { target: '.shut', guard: 'may' } } }],
])('another shape: %s', (_what, change) => {
  expect(shapeOf(machineOf({ ...config, ...change }), { n: 1 })).not.toEqual(
    shapeOf(machineOf(), { n: 1 }),
  );
});

test('what is written in place has no name', () => {
  const machine = createMachine({
    initial: 'a',
    states: { a: { on: { go: { target: 'b', guard: and([() => true]) } } }, b: {} },
  });
  expect(shapeOf(machine).states['a']?.on['go']).toEqual([
    { targets: ['(machine).b'], guard: '(inline)' },
  ]);
});

test('what is no machine is refused', () => {
  const refused = () => shapeOf(fromPromise(async () => 1));
  expect(refused).toThrow(InvalidOptionError);
});
