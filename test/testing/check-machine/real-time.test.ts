import { expect, test } from 'vitest';
import { fromCallback, fromPromise, setup } from 'xstate';
import { checkMachine, type VirtualClock } from '../../../src/testing/index.ts';
import { found } from './found.ts';

// What waits for real time is not waited for, and a check that saw nothing for that reason says so.

type Events = { type: 'TICK' } | { type: 'STOP' };

/** Stands for one that waits for a real timer, or a socket: it answers when the check is long over. */
const late = fromCallback<Events>(() => () => undefined);

const ticking = (clock?: VirtualClock) =>
  setup({
    types: { events: {} as Events },
    actors: {
      ticker:
        clock === undefined
          ? late
          : fromCallback<Events, unknown, Events>(({ sendBack }) => {
              const tick = clock.scheduler.schedule(() => sendBack({ type: 'TICK' }), 1_000);
              return () => tick.unsubscribe();
            }),
    },
  }).createMachine({
    id: 'ticking',
    initial: 'waiting',
    states: {
      waiting: { invoke: { src: 'ticker', id: 'ticker' }, on: { TICK: 'rung' } },
      rung: { type: 'final' },
    },
  });

test('a state behind an actor that waits for real time: that is said, not to raise the runs', async () => {
  const error = await found(ticking(), { runs: 5 });
  expect(error.problems.map(({ kind }) => kind)).toEqual(['never-reached', 'no-step']);
  const [unreached] = error.problems;
  expect(unreached?.sentence).toContain(
    'At the end of a run its actor "ticker" runs, and real time is not waited for: give it an actor that answers at once',
  );
  expect(unreached?.sentence).not.toContain('raise `runs`');
});

test('the same actor on the virtual clock is waited for', async () => {
  await expect(checkMachine((clock) => ticking(clock), { runs: 5 })).resolves.toMatchObject({
    runs: 5,
  });
});

test('a machine no run could make a step of was not checked', async () => {
  const machine = setup({
    types: { events: {} as Events },
    actors: { late },
  }).createMachine({
    id: 'idle',
    invoke: { src: 'late', id: 'late' },
    on: { TICK: { actions: () => undefined } },
  });
  const error = await found(machine, { runs: 5 });
  expect(error.problems).toEqual([
    {
      kind: 'no-step',
      sentence: expect.stringMatching(
        /^Nothing was checked: none of 5 runs could make a step\. Events it knows are not in `events`: TICK\. At the end /,
      ),
    },
  ]);
  await expect(checkMachine(machine, { events: { TICK: {} }, runs: 5 })).resolves.toBeDefined();
});

test('nor was a promise by itself that is never answered', async () => {
  const never = fromPromise(() => new Promise<void>(() => undefined));
  const error = await found(never, { runs: 5 });
  expect(error.problems).toMatchObject([
    { kind: 'no-step', sentence: expect.stringContaining('At the end of a run it runs, and') },
  ]);
  const atOnce = fromPromise(() => Promise.resolve());
  await expect(checkMachine(atOnce, { runs: 5 })).resolves.toMatchObject({ steps: 0 });
});
