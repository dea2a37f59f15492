import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { checkMachine } from '../../../src/testing/index.ts';
import { foundInRun } from './found.ts';

type Events = { type: 'TRY'; pin: number } | { type: 'LOOK' } | { type: 'LOCK' };

const events = { TRY: { pin: fc.constantFrom(1234, 0) }, LOOK: {}, LOCK: {} };

/** A safe that opens with the right pin, three tries long. */
const safe = ({ forgives = true, keeper = false }) =>
  setup({
    types: { context: {} as { tries: number }, events: {} as Events },
    guards: {
      right: ({ event, context }) =>
        event.type === 'TRY' && event.pin === 1234 && (forgives || context.tries < 3),
      wrong: ({ context }) => context.tries < 3,
    },
    actions: {
      look: () => undefined,
      count: assign({ tries: ({ context }) => context.tries + 1 }),
    },
    actors: { keeper: fromPromise(() => new Promise<void>(() => {})) },
  }).createMachine({
    id: 'safe',
    context: { tries: 0 },
    initial: 'shut',
    states: {
      shut: {
        ...(keeper ? { invoke: { src: 'keeper' as const, onDone: 'open' as const } } : {}),
        on: {
          TRY: [
            { guard: 'right', target: 'open' },
            { guard: 'wrong', actions: 'count' },
          ],
          LOOK: { actions: 'look' },
        },
      },
      open: { on: { LOCK: 'shut' } },
    },
  });

test('a state nothing leads out of any more: no guard lets anything through', async () => {
  const error = await foundInRun(safe({ forgives: false }), { events });
  expect(error.problems).toEqual([
    {
      kind: 'dead-end',
      sentence:
        'It comes to a dead end: in shut it is not done, nothing is pending, and no event changes anything. If that ' +
        'is as it should be, make the state final, or name it in `deadEnds`.',
    },
  ]);
  const wrong = { type: 'TRY', pin: 0 };
  expect(error.steps).toEqual([wrong, wrong, wrong]);
  expect(error.test).toMatch(/, options\)\);$/);
});

test('without events the test that is printed has none either, and fails alike', async () => {
  const error = await foundInRun(safe({}), {});
  expect(error.problems[0]?.sentence).toContain(
    'no event changes anything. No `events` were given to try. Events it knows are not in `events`: TRY, LOOK, LOCK. If',
  );
  expect(error.test).toMatch(/\(machine, \[\], \{ events: \{\} \}\)\);$/);
});

test('events that were not tried are named', async () => {
  const { TRY, LOOK } = events;
  const error = await foundInRun(safe({}), { events: { TRY, LOOK } });
  expect(error.problems[0]?.sentence).toContain(
    'in open it is not done, nothing is pending, and no event changes anything. Events it knows are not in `events`: LOCK. If',
  );
});

test('events with values that are always the same are printed', async () => {
  const error = await foundInRun(safe({}), { events: { TRY: { pin: 1234 }, LOOK: {} } });
  expect(error.test).toMatch(/\], \{ events: \{ TRY: \{ pin: 1234 \}, LOOK: \{\} \} \}\)\);$/);
});

test('a payload that gets through is found among those that do not', async () => {
  await checkMachine(safe({}), { events, seed: 1 });
});

test('a machine that waits for an actor is at no dead end', async () => {
  await checkMachine(safe({ forgives: false, keeper: true }), { events, seed: 1 });
});

test('a dead end that is meant so can be named', async () => {
  await checkMachine(safe({ forgives: false }), { events, deadEnds: ['shut'], seed: 1 });
});

test('a state without any way out, in both regions of a parallel one', async () => {
  const machine = setup({ types: { events: {} as { type: 'A' } | { type: 'B' } } }).createMachine({
    id: 'pair',
    type: 'parallel',
    states: {
      left: { initial: 'up', states: { up: { on: { A: 'down' } }, down: {} } },
      right: { initial: 'up', states: { up: { on: { B: 'down' } }, down: {} } },
    },
  });
  const error = await foundInRun(machine, { events: { A: {}, B: {} } });
  expect(error.message).toContain('in left.down and right.down it is not done');
  expect(error.steps.map((step) => Reflect.get(step, 'type')).sort()).toEqual(['A', 'B']);
});
