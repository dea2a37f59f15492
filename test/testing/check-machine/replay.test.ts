import { expect, test } from 'vitest';
import { createMachine, fromTransition, setup } from 'xstate';
import { InvalidOptionError } from '../../../src/index.ts';
import { checkMachine, MachineCheckError, replayMachine } from '../../../src/testing/index.ts';

type Events = { type: 'GO' } | { type: 'session.restored'; from: string };

const seen: string[] = [];
const machine = setup({
  types: { events: {} as Events },
  delays: { soon: 100 },
}).createMachine({
  id: 'replayed',
  initial: 'a',
  states: {
    a: { on: { GO: 'b', 'session.restored': 'c' } },
    b: { entry: () => void seen.push('b'), after: { soon: 'c' } },
    c: { type: 'final', entry: () => void seen.push('c') },
  },
});

test('makes the steps, and none after the machine is done', async () => {
  seen.length = 0;
  await replayMachine(machine, [{ type: 'GO' }, { wait: 99 }], { restore: false });
  expect(seen).toEqual(['b']);
  await replayMachine(machine, [{ type: 'GO' }, { wait: 100 }, { type: 'GO' }], { restore: false });
  expect(seen).toEqual(['b', 'b', 'c']);
});

test('entry actions are not run again by a restore', async () => {
  seen.length = 0;
  await replayMachine(machine, [{ type: 'GO' }, { wait: 50 }, { wait: 50 }]);
  // By the uninterrupted run, and by the other.
  expect(seen).toEqual(['b', 'b', 'c', 'c']);
});

test('fails at the first problem; the rest is not made', async () => {
  const invariant = (snapshot: { value: unknown }) => snapshot.value !== 'b';
  const steps = [{ type: 'GO' }, { wait: 100 }];
  const error = await replayMachine(machine, steps, { invariant }).catch(
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(MachineCheckError);
  expect(error).toMatchObject({ steps: [{ type: 'GO' }], origin: null });
});

test('the event a runtime sends to what it restored can be sent too; those of XState cannot', async () => {
  await replayMachine(machine, [{ type: 'session.restored', from: 'crash' }]);
  const sent = replayMachine(machine, [{ type: 'xstate.stop' }]);
  await expect(sent).rejects.toBeInstanceOf(InvalidOptionError);
});

test.each([
  ['steps', { type: 'GO' }],
  ['steps[0]', ['GO']],
  ['steps[1]', [{ type: 'GO' }, { wait: -1 }]],
  ['steps[0]', [{ wait: Number.NaN }]],
])('%s that cannot be made are refused', async (option, steps) => {
  // @ts-expect-error: what a program without types may give.
  const replayed = replayMachine(machine, steps);
  await expect(replayed).rejects.toMatchObject({ option });
});

test.each([
  [{ run: 1 }, 'an option'],
  [{ runs: 0 }, 'runs'],
  [{ maxSteps: 1.5 }, 'maxSteps'],
  [{ events: { 'xstate.stop': {} } }, 'events'],
  [{ events: { GO: 1 } }, 'events.GO'],
  [{ deadEnds: ['z'] }, 'deadEnds'],
  [{ unreachable: ['z'] }, 'unreachable'],
])('options that are not allowed are refused: %j', async (options, option) => {
  // A program without types may give anything.
  const checked = checkMachine(machine, options as object);
  await expect(checked).rejects.toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION', option });
});

test.each([{}, null, 'machine', () => 1])('what is no logic is refused: %j', async (logic) => {
  // @ts-expect-error: what a program without types may give.
  const checked = checkMachine(logic);
  await expect(checked).rejects.toMatchObject({ option: 'machine' });
});

test('a logic that is no machine is checked as far as that goes', async () => {
  const sum = fromTransition(
    (state: { sum: number }, event: { type: 'ADD'; by: number }) => {
      if (state.sum > 3) throw new Error('full');
      return { sum: state.sum + event.by };
    },
    { sum: 0 },
  );
  await replayMachine(sum, [{ type: 'ADD', by: 4 }]);
  const error = await checkMachine(sum, { events: { ADD: { by: 1 } }, seed: 1 }).catch(
    (failure: unknown) => failure,
  );
  const add = { type: 'ADD', by: 1 };
  expect(error).toMatchObject({ steps: [add, add, add, add, add], problems: [{ kind: 'threw' }] });
});

test('a machine without events is run through time only', async () => {
  const light = setup({ delays: { long: 30_000, short: 5_000 } }).createMachine({
    id: 'light',
    initial: 'green',
    states: { green: { after: { long: 'red' } }, red: { after: { short: 'green' } } },
  });
  const report = await checkMachine(light, { runs: 10, maxSteps: 5, seed: 1 });
  expect(report.steps).toBeLessThanOrEqual(50);
  await expect(checkMachine(createMachine({ initial: 'a', states: { a: {} } }))).rejects.toThrow(
    'It comes to a dead end: in a it is not done',
  );
});
