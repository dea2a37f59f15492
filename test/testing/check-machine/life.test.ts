import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AnyActorRef,
  assign,
  createMachine,
  fromCallback,
  fromPromise,
  raise,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { checkMachine } from '../../../src/testing/index.ts';
import { found, foundInRun } from './found.ts';

// Stored and restored after every step.

type Events = { type: 'PLACE' } | { type: 'REMIND' } | { type: 'CANCEL' };
const events = { PLACE: {}, REMIND: {}, CANCEL: {} };

/** An order that lapses; `placed` is what it keeps when it is placed. */
const order = (placed: () => unknown) =>
  setup({
    types: { context: {} as { order: { placed: unknown[] } }, events: {} as Events },
    delays: { lapse: 1_000 },
  }).createMachine({
    id: 'order',
    context: { order: { placed: [] } },
    initial: 'open',
    states: {
      open: {
        on: {
          REMIND: {},
          PLACE: {
            target: 'placed',
            actions: assign({ order: () => ({ placed: ['first', placed()] }) }),
          },
        },
      },
      placed: { on: { CANCEL: 'open' }, after: { lapse: 'lapsed' } },
      lapsed: { type: 'final' },
    },
  });

test.each([
  [() => new Date(0), 'an instance of Date'],
  [() => new Map(), 'an instance of Map'],
  [() => () => 1, 'a function'],
  [() => Number.NaN, 'NaN'],
  [() => 1n, '1'],
])('a context JSON cannot carry is told by its path: %s', async (placed, what) => {
  const error = await foundInRun(order(placed), { events });
  expect(error.problems).toEqual([
    {
      kind: 'not-json',
      sentence: `It cannot be stored as JSON: context.order.placed.1 is ${what}. If it is never stored: \`restore: false\`.`,
    },
  ]);
  expect(error.steps).toEqual([{ type: 'PLACE' }]);
  await checkMachine(order(placed), { events, restore: false, seed: 1 });
});

test('what a machine keeps beside its context is lost', async () => {
  const machine = () => {
    let placed = 0;
    return setup({
      types: { context: {} as { placed: number }, events: {} as Events },
    }).createMachine({
      id: 'forgetful',
      context: { placed: 0 },
      on: {
        REMIND: {},
        PLACE: {
          actions: assign({
            placed: () => {
              placed += 1;
              return placed;
            },
          }),
        },
      },
    });
  };
  const error = await foundInRun(machine, { events: { PLACE: {}, REMIND: {} } });
  expect(error.problems).toEqual([
    {
      kind: 'not-restored',
      sentence:
        'Stored and restored after every step, it goes on differently: context.placed is 1, where the ' +
        'uninterrupted run has 2.',
    },
  ]);
  expect(error.steps).toEqual([{ type: 'PLACE' }, { type: 'PLACE' }]);
});

test('an actor without a name cannot be stored', async () => {
  const pending = fromPromise(() => new Promise<void>(() => {}));
  const machine = createMachine({
    id: 'inline',
    initial: 'open',
    states: {
      open: { on: { PLACE: 'placed' } },
      placed: { entry: spawnChild(pending) },
    },
  });
  const error = await foundInRun(machine, { events: { PLACE: {} } });
  expect(error.problems[0]?.sentence).toMatch(/^It cannot be stored: Error: .*inline/);
});

test('a delayed event JSON cannot carry', async () => {
  const machine = setup({
    types: { events: {} as Events | { type: 'due'; at: Date } },
    delays: { soon: 100 },
  }).createMachine({
    id: 'dated',
    initial: 'open',
    states: {
      open: { on: { PLACE: 'placed' } },
      placed: {
        entry: raise({ type: 'due', at: new Date(0) }, { delay: 'soon' }),
        on: { due: 'open' },
      },
    },
  });
  const error = await foundInRun(machine, { events: { PLACE: {} } });
  expect(error.message).toContain('delays.0.event.at is an instance of Date');
});

test('delays go on with what is left of them: after, raise, and those of actors under the machine', async () => {
  const child = setup({ delays: { ring: 700 } }).createMachine({
    initial: 'waiting',
    states: { waiting: { after: { ring: 'rung' } }, rung: { type: 'final' } },
  });
  const machine = setup({
    types: { events: {} as Events | { type: 'due' } },
    actors: { child },
    delays: { long: 1_000, soon: 300 },
  }).createMachine({
    id: 'delays',
    type: 'parallel',
    states: {
      one: {
        initial: 'open',
        states: {
          open: { after: { long: 'shut' } },
          shut: { type: 'final' },
        },
      },
      two: {
        initial: 'calm',
        states: {
          calm: { entry: raise({ type: 'due' }, { delay: 'soon' }), on: { due: 'done' } },
          done: { type: 'final' },
        },
      },
      three: {
        initial: 'ringing',
        states: {
          ringing: { invoke: { src: 'child', onDone: 'quiet' } },
          quiet: { type: 'final' },
        },
      },
    },
  });
  const report = await checkMachine(machine, { seed: 1 });
  expect(report.restored).toBeGreaterThan(report.runs * 2);
});

test('actors in the context may have another number each time', async () => {
  const child = setup({}).createMachine({ on: { REMIND: {} } });
  const machine = setup({
    types: { context: {} as { child: AnyActorRef | null }, events: {} as Events },
    actors: { child },
  }).createMachine({
    id: 'spawning',
    context: { child: null },
    initial: 'open',
    states: {
      open: {
        on: {
          PLACE: {
            target: 'placed',
            actions: assign({ child: ({ spawn }) => spawn('child') }),
          },
        },
      },
      placed: {
        exit: stopChild(({ context }) => String(context.child?.id)),
        on: { CANCEL: { target: 'open', actions: assign({ child: null }) } },
      },
    },
  });
  const report = await checkMachine(machine, {
    events: { PLACE: {}, CANCEL: {} },
    seed: 1,
    runs: 20,
  });
  expect(report.restored).toBeGreaterThan(20);
});

test('while a promise or a callback runs, a machine is not restored', async () => {
  const machine = setup({
    types: { events: {} as Events },
    actors: { listen: fromCallback(() => () => undefined) },
  }).createMachine({ id: 'listener', invoke: { src: 'listen' }, on: { REMIND: {} } });
  const report = await checkMachine(machine, { events: { REMIND: {} }, seed: 1, runs: 5 });
  expect(report).toMatchObject({ restored: 0 });
  expect(report.steps).toBeGreaterThan(0);
});

test('actors that answer at once are run, and what they answer decides', async () => {
  const machine = setup({
    types: {
      context: {} as { card: string },
      events: {} as { type: 'PAY'; card: string },
    },
    actors: {
      charge: fromPromise<void, string>(async ({ input }) => {
        if (input === 'bad') throw new Error('refused');
      }),
    },
  }).createMachine({
    id: 'payment',
    context: { card: '' },
    initial: 'open',
    states: {
      open: {
        on: { PAY: { target: 'paying', actions: assign({ card: ({ event }) => event.card }) } },
      },
      paying: {
        invoke: {
          src: 'charge',
          input: ({ context }) => context.card,
          onDone: 'paid',
          onError: 'open',
        },
      },
      paid: { type: 'final' },
    },
  });
  const card = fc.constantFrom('good', 'bad');
  await checkMachine(machine, { events: { PAY: { card } }, seed: 1 });
  const frail = machine.provide({
    actors: {
      charge: fromPromise<void, string>(() => Promise.reject(new Error('down'))),
    },
  });
  const error = await found(frail, { events: { PAY: { card } }, runs: 10 });
  expect(error.message).toContain('100 runs were never in: paid.');
});

test('the session of a behaviour may be in its context, and is put back', async () => {
  const session = { id: 'ses_1', touch: () => undefined };
  const machine = setup({
    types: {
      input: {} as { session: typeof session },
      context: {} as { session: typeof session; seen: string[] },
      events: {} as Events,
    },
  }).createMachine({
    id: 'behaviour',
    context: ({ input }) => ({ session: input.session, seen: [] }),
    on: {
      PLACE: { actions: assign({ seen: ({ context }) => [...context.seen, context.session.id] }) },
    },
  });
  const report = await checkMachine(machine, {
    input: { session },
    events: { PLACE: {} },
    seed: 1,
    runs: 20,
  });
  expect(report.restored).toBeGreaterThan(20);
});
