import { expect, test } from 'vitest';
import { createActor, createMachine, type InspectionEvent } from 'xstate';
import { snapshotAfter } from '../../src/xstate/lone-behaviour.ts';
import { TRANSITIONS_AT_ONCE, Unrest } from '../../src/xstate/unrest.ts';

/** What an actor tells of the transition that `type` brings about. */
const told = (type: string): InspectionEvent => {
  const heard: InspectionEvent[] = [];
  const machine = createMachine({ initial: 'a', states: { a: { on: { GO: {} } } } });
  const actor = createActor(machine, { inspect: (event) => void heard.push(event) }).start();
  if (type === 'xstate.stop') actor.stop();
  else actor.send({ type });
  const last = heard.findLast((event) => event.type === '@xstate.microstep');
  if (last === undefined) throw new Error('Nothing was told.');
  return last;
};

const GO = told('GO');
const STOP = told('xstate.stop');

const fill = (unrest: Unrest, count: number): void => {
  for (let n = 0; n < count; n += 1) unrest.hear(GO);
};

test('so many transitions at one moment, and one more is too many', () => {
  const unrest = new Unrest({ mono: () => 5 });
  fill(unrest, TRANSITIONS_AT_ONCE);
  expect(unrest.isFound).toBe(false);
  expect(() => unrest.hear(GO)).toThrow('10000 transitions at one moment');
  expect(unrest.isFound).toBe(true);
  expect(unrest.states).toEqual(['"a"']);
});

test('another moment, and what is sent from outside, begins anew', () => {
  let now = 0;
  const unrest = new Unrest({ mono: () => now });
  fill(unrest, TRANSITIONS_AT_ONCE);
  now += 1;
  fill(unrest, TRANSITIONS_AT_ONCE);
  unrest.begin();
  fill(unrest, TRANSITIONS_AT_ONCE);
  expect(unrest.isFound).toBe(false);
});

test('once found it stays found; an actor that is stopped for it can be stopped', () => {
  let now = 0;
  const unrest = new Unrest({ mono: () => now });
  fill(unrest, TRANSITIONS_AT_ONCE);
  expect(() => unrest.hear(GO)).toThrow();
  now += 1;
  unrest.begin();
  expect(() => unrest.hear(GO)).toThrow();
  expect(() => unrest.hear(STOP)).not.toThrow();
  expect(unrest.isFound).toBe(true);
});

test('what an event would lead to throws where that does not come to rest', () => {
  const rounds = { initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } } as const;
  const machine = createMachine({
    initial: 'shut',
    states: {
      shut: { on: { ROUND: 'round', OPEN: 'open' } },
      round: rounds,
      open: { on: { SHUT: 'shut' } },
    },
  });
  const snapshot = createActor(machine).getSnapshot();
  expect(() => snapshotAfter(machine, snapshot, { type: 'ROUND' })).toThrow('at one moment');
  expect(snapshotAfter(machine, snapshot, { type: 'OPEN' }).value).toBe('open');
});
