import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, createMachine, fromCallback, raise, setup } from 'xstate';
import { checkMachine, type MachineStep, type VirtualClock } from '../../../src/testing/index.ts';
import { foundInRun } from './found.ts';

// Each machine has one defect, some way down, and things to do on the way that have nothing to do with it.

type Events = { type: 'ADD'; by: number } | { type: 'RESET' } | { type: 'CLOSE' };

/** A count that can be added to and closed; `limit` says what becomes of it. */
const counter = (take: (count: number) => number) =>
  setup({
    types: { context: {} as { count: number }, events: {} as Events },
    delays: { closing: 500 },
  }).createMachine({
    id: 'counter',
    context: { count: 0 },
    initial: 'open',
    states: {
      open: {
        on: {
          ADD: {
            actions: assign({ count: ({ context, event }) => take(context.count + event.by) }),
          },
          RESET: { actions: assign({ count: 0 }) },
          CLOSE: 'closing',
        },
      },
      closing: { on: { RESET: 'open' }, after: { closing: 'closed' } },
      closed: { type: 'final' },
    },
  });

const events = { ADD: { by: fc.nat({ max: 100 }) }, RESET: {}, CLOSE: {} };

const sumOf = (steps: readonly MachineStep[]): number =>
  steps.reduce((sum, step) => sum + ('by' in step ? Number(step['by']) : 0), 0);

test('a sound machine passes, and was looked at', async () => {
  const report = await checkMachine(
    counter((count) => count),
    { events, seed: 1 },
  );
  expect(report).toMatchObject({ seed: 1, runs: 100, notSent: [] });
  expect(report.steps).toBeGreaterThan(200);
  expect(report.restored).toBeGreaterThan(200);
});

test('an assign that throws: the fewest events that lead there, with the smallest payload', async () => {
  const thrown = new RangeError('too much');
  const machine = counter((count) => {
    if (count > 250) throw thrown;
    return count;
  });
  const error = await foundInRun(machine, { events });
  expect(error.problems).toEqual([
    {
      kind: 'threw',
      sentence: expect.stringMatching(
        /^It fails on \{ type: 'ADD', by: \d+ \}: RangeError: too much$/,
      ),
    },
  ]);
  expect(sumOf(error.steps)).toBe(251);
  expect(error.cause).toBe(thrown);
});

test('a guard that throws after a delay', async () => {
  const machine = setup({
    types: { events: {} as Events },
    delays: { soon: 300 },
    guards: {
      broken: () => {
        throw new Error('not now');
      },
    },
  }).createMachine({
    id: 'guarded',
    initial: 'open',
    states: {
      open: { on: { ADD: {}, CLOSE: 'closing' } },
      closing: { on: { RESET: 'open' }, after: { soon: { guard: 'broken', target: 'open' } } },
    },
  });
  const error = await foundInRun(machine, { events });
  expect(error.steps).toEqual([{ type: 'CLOSE' }, { wait: 300 }]);
  expect(error.message).toContain('It fails on { wait: 300 }');
  expect(error.test).toBe(
    [
      "import { replayMachine } from 'holdfast/testing';",
      '// machine: what was checked.',
      "test('guarded: threw', () =>",
      '  replayMachine(machine, [',
      "    { type: 'CLOSE' },",
      '    { wait: 300 },',
      '  ]));',
    ].join('\n'),
  );
});

test('a machine that fails at its start needs no steps', async () => {
  const machine = createMachine({
    id: 'stillborn',
    entry: () => {
      throw new Error('never');
    },
  });
  const error = await foundInRun(machine, {});
  expect(error.steps).toEqual([]);
  expect(error.test).toContain('replayMachine(machine, [])');
});

test('an invariant that does not hold, said or thrown', async () => {
  const machine = counter((count) => count);
  const said = await foundInRun(machine, {
    events,
    invariant: ({ context }) => context.count <= 150,
  });
  expect(said.problems).toEqual([
    {
      kind: 'invariant',
      sentence: expect.stringMatching(
        /^The invariant does not hold after \{ type: 'ADD', by: \d+ \} in open, with the context \{ count: 151 \}\.$/,
      ),
    },
  ]);
  expect(sumOf(said.steps)).toBe(151);
  expect(said.test).toMatch(/, options\)\);$/);
  expect(said.test).toContain('options: what it was checked with.');
  const thrown = await foundInRun(machine, {
    events,
    invariant: ({ context }) => expect(context.count).toBeLessThan(1),
  });
  expect(thrown.steps).toEqual([{ type: 'ADD', by: 1 }]);
  expect(thrown.message).toContain('with the context { count: 1 }: AssertionError: expected 1');
  const atOnce = await foundInRun(machine, { events, invariant: () => false });
  expect(atOnce.problems[0]?.sentence).toBe(
    'The invariant does not hold at its start in open, with the context { count: 0 }.',
  );
});

test('a test has the options it needs: written out where they are data, or else by name', async () => {
  const throws = () => {
    throw new Error('no');
  };
  const unstored = await foundInRun(counter(throws), { events, restore: false });
  expect(unstored.test).toMatch(/\], \{ restore: false \}\)\);$/);
  const started = setup({ types: { input: {} as unknown }, actions: { throws } }).createMachine({
    id: 'started',
    context: ({ input }) => ({ input }),
    entry: 'throws',
  });
  const error = await foundInRun(started, { input: 3 });
  expect(error.test).toMatch(/\(machine, \[\], \{ input: 3 \}\)\);$/);
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const input of [throws, cycle, 'a'.repeat(500), new (class Order {})()]) {
    const named = await foundInRun(started, { input });
    expect(named.test).toMatch(/\(machine, \[\], options\)\);$/);
  }
});

test('no step is spent on an event that nobody would hear', async () => {
  const oneWay = setup({ types: { events: {} as Events } }).createMachine({
    initial: 'shut',
    states: {
      shut: { on: { CLOSE: 'open' } },
      open: { on: { ADD: 'done' } },
      done: { type: 'final' },
    },
  });
  const report = await checkMachine(oneWay, { events: { ADD: events.ADD, CLOSE: {} }, seed: 1 });
  expect(report.steps).toBeGreaterThan(report.runs);
  expect(report.steps).toBeLessThanOrEqual(2 * report.runs);
});

test('a machine that raises events without end', async () => {
  const machine = setup({
    types: { events: {} as Events | { type: 'again' } },
    delays: { now: 0 },
  }).createMachine({
    id: 'restless',
    initial: 'open',
    states: {
      open: { on: { CLOSE: 'closing', RESET: {} } },
      closing: {
        entry: raise({ type: 'again' }, { delay: 'now' }),
        on: { again: { target: 'closing', reenter: true }, RESET: 'open' },
      },
    },
  });
  const error = await foundInRun(machine, { events: { CLOSE: {}, RESET: {} } });
  expect(error.problems[0]?.kind).toBe('restless');
  expect(error.steps).toEqual([{ type: 'CLOSE' }]);
});

test('an actor that leaves something on the clock when the machine is done', async () => {
  await expect(checkMachine(poller(true), { events, seed: 1 })).resolves.toBeDefined();
  const error = await foundInRun(poller(false), { events });
  expect(error.problems[0]).toEqual({
    kind: 'timer-left',
    sentence: 'It is done, but something of it still waits on the clock, the next for 60000 ms.',
  });
  expect(error.steps).toEqual([{ type: 'CLOSE' }, { type: 'CLOSE' }]);
});

/** Polls while it is open, on the clock of the run. */
const poller = (tidy: boolean) => (clock: VirtualClock) =>
  setup({
    types: { events: {} as Events },
    actors: {
      poll: fromCallback(() => {
        const next = clock.scheduler.schedule(() => undefined, 60_000);
        return () => {
          if (tidy) next.unsubscribe();
        };
      }),
    },
  }).createMachine({
    id: 'poller',
    initial: 'shut',
    states: {
      shut: { on: { CLOSE: 'open', ADD: {} } },
      open: { invoke: { src: 'poll' }, on: { CLOSE: 'closed', RESET: 'shut' } },
      closed: { type: 'final' },
    },
  });

test('a failure is made shorter as the one it is: another kind on the way is not taken for it', async () => {
  const machine = counter((count) => {
    if (count > 50) throw new Error('too much');
    return count;
  });
  // Whoever goes below 50 comes upon the other.
  const error = await foundInRun(machine, {
    events: { ...events, ADD: { by: fc.constantFrom(1, 60) } },
    invariant: ({ context }) => context.count !== 1,
    seed: 1,
  });
  expect(error.problems.map(({ kind }) => kind)).toEqual(['threw']);
  expect(error.steps).toEqual([{ type: 'ADD', by: 60 }]);
});
