import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { checkMachine } from '../../../src/testing/index.ts';
import { found, foundInRun } from './found.ts';

type Events = { type: 'NEXT'; to: number } | { type: 'BACK' } | { type: 'PARDON' };

const events = { NEXT: { to: fc.nat({ max: 9 }) }, BACK: {} };

/** A gate that lets through what is at least `least`, by way of a state that is left at once. */
const gate = (least: number, delay: 'pause' | 200 = 'pause') =>
  setup({
    types: { context: {} as { to: number }, events: {} as Events },
    delays: { pause: 200 },
    guards: { through: ({ context }) => context.to >= least },
  }).createMachine({
    id: 'gate',
    context: { to: 0 },
    initial: 'before',
    states: {
      before: { on: { NEXT: { target: 'at', actions: assign({ to: ({ event }) => event.to }) } } },
      at: { always: [{ guard: 'through', target: 'behind' }, { target: 'refused' }] },
      refused: { after: delay === 200 ? { 200: 'before' } : { pause: 'before' } },
      behind: {
        on: { BACK: 'before' },
        initial: 'near',
        states: { near: { on: { NEXT: 'far' } }, far: {}, hist: { history: 'deep' } },
      },
    },
  });

test('every state is reached, those that are left at once too', async () => {
  const report = await checkMachine(gate(5), { events, maxSteps: 15, seed: 1 });
  expect(report.notSent).toEqual([]);
});

test('while a state is missing, there are more runs than were asked for, and other ones', async () => {
  const report = await checkMachine(gate(9), { events, runs: 2, maxSteps: 5, seed: 2 });
  expect(report.runs).toBeGreaterThan(2);
  expect(report.runs).toBeLessThanOrEqual(20);
});

test('states no run reaches are named, with what may be the reason', async () => {
  const error = await found(gate(10), { events: { NEXT: events.NEXT }, runs: 10 });
  expect(error.problems).toEqual([
    {
      kind: 'never-reached',
      sentence: expect.stringContaining(
        '100 runs were never in: behind, behind.near, behind.far. Events it knows are not in `events`: BACK.',
      ),
    },
  ]);
  expect(error).toMatchObject({ steps: null, test: null, origin: null });
});

test('a state that is known to be unreachable is not asked for; one that is reached after all is told', async () => {
  const { NEXT } = events;
  await expect(
    checkMachine(gate(10), { events: { NEXT }, unreachable: ['behind'] }),
  ).resolves.toMatchObject({
    notSent: ['BACK'],
  });
  const error = await foundInRun(gate(7), { events, unreachable: ['behind.far'] });
  expect(error.problems[0]).toEqual({
    kind: 'reached-after-all',
    sentence: 'It was in behind.far, which `unreachable` says no run reaches.',
  });
  expect(error.steps).toEqual([
    { type: 'NEXT', to: 7 },
    { type: 'NEXT', to: 0 },
  ]);
});

test('an event no state handles', async () => {
  const error = await found(gate(5), { events: { ...events, PARDON: {} }, runs: 30 });
  expect(error.problems).toEqual([
    {
      kind: 'never-handled',
      sentence: expect.stringContaining('no guard ever let it through: PARDON.'),
    },
  ]);
});

test('an event no guard ever lets through', async () => {
  const deaf = setup({
    types: { events: {} as Events },
    guards: { never: () => false },
  }).createMachine({
    id: 'deaf',
    on: { PARDON: { guard: 'never', actions: () => undefined } },
    initial: 'a',
    states: { a: { on: { BACK: 'b' } }, b: { on: { BACK: 'a' } } },
  });
  const error = await found(deaf, { events: { BACK: {}, PARDON: {} }, runs: 5 });
  expect(error.problems).toEqual([
    {
      kind: 'never-handled',
      sentence: expect.stringContaining('through: PARDON. If a guard could'),
    },
  ]);
});

test('a delay without a name, unless that is allowed', async () => {
  const error = await found(gate(5, 200), { events, maxSteps: 15 });
  expect(error.problems).toEqual([
    { kind: 'unnamed-delay', sentence: expect.stringContaining('refused: 200.') },
  ]);
  await checkMachine(gate(5, 200), { events, allowUnnamedDelays: true, maxSteps: 15 });
});

test('all that is wrong with the whole is told at once', async () => {
  const error = await found(gate(10, 200), { events: { ...events, PARDON: {} }, runs: 10 });
  expect(error.problems.map(({ kind }) => kind)).toEqual([
    'never-reached',
    'never-handled',
    'unnamed-delay',
  ]);
});

test('states that a machine begins with and leaves at once are reached, nested and parallel ones too', async () => {
  const inner = {
    initial: 'sort',
    states: {
      sort: { always: 'sorted' },
      sorted: { on: { go: 'other' } },
      other: { on: { go: 'sort' } },
    },
  } as const;
  const routed = setup({}).createMachine({
    initial: 'route',
    states: {
      route: { always: 'work' },
      work: { type: 'parallel', states: { left: inner, right: inner } },
    },
  });
  await checkMachine(routed, { events: { go: {} } });
  const lost = setup({}).createMachine({
    initial: 'route',
    states: {
      route: { always: 'work' },
      work: { on: { go: 'done' } },
      done: { type: 'final' },
      lost: {},
    },
  });
  await expect(checkMachine(lost, { events: { go: {} } })).rejects.toThrow(/never-reached.*lost/s);
});
