import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { type BehaviourSpec, createRuntime, InvalidOptionError } from '../../../src/index.ts';
import { checkedBehaviours } from '../../../src/runtime/behaviour/behaviour-options.ts';

const logic = createMachine({ on: { go: { actions: () => {} }, 'a.*': { actions: () => {} } } });

const refusalOf = (spec: unknown): InvalidOptionError => {
  try {
    createRuntime({ behaviours: { agent: spec as BehaviourSpec } }); // What a caller without types may give.
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('was not refused');
};

test('what cannot be is refused when the runtime is made, by its place and with its value', () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ['policy', 'sometimes'],
    ['policy', null],
    ['backoffMs', 0],
    ['backoffMs', Number.NaN],
    ['backoffMs', -1],
    ['backoffMs', '500'],
    ['backoffMs', Number.POSITIVE_INFINITY],
    ['maxBackoffMs', Number.NaN],
    ['maxBackoffMs', 0],
    ['maxFailures', 0],
    ['maxFailures', 1.5],
    ['maxFailures', Number.NaN],
    ['healthyAfterMs', 0],
    ['healthyAfterMs', Number.NaN],
    ['input', {}],
    ['logic', {}],
    ['logic', null],
    ['logic', () => {}],
  ];
  for (const [option, value] of bad) {
    expect(refusalOf({ logic, [option]: value })).toMatchObject({
      option: `behaviours.agent.${option}`,
      value,
    });
  }
});

test('a misspelt option, an event of XState itself, and two waits that contradict are refused', () => {
  expect(refusalOf({ logic, maxRestarts: 3 })).toMatchObject({ value: 'maxRestarts' });
  for (const type of ['xstate.stop', '', 'a*', 'a.*.b', 7]) {
    expect(refusalOf({ logic, events: ['go', type] })).toMatchObject({ value: type });
  }
  expect(refusalOf({ logic, events: 'go' })).toMatchObject({ value: 'go' });
  expect(refusalOf({ logic, backoffMs: 2_000, maxBackoffMs: 1_000 })).toMatchObject({
    option: 'behaviours.agent.maxBackoffMs',
  });
  expect(refusalOf(null)).toBeInstanceOf(InvalidOptionError);
  expect(refusalOf('agent')).toBeInstanceOf(InvalidOptionError);
});

test('the defaults, and a wait left unset yields to the one that is set', () => {
  const planOf = (spec: object) => checkedBehaviours({ agent: { logic, ...spec } })['agent']?.plan;
  expect(planOf({})).toEqual({
    policy: 'transient',
    backoffMs: 500,
    maxBackoffMs: 30_000,
    maxFailures: 5,
    healthyAfterMs: 600_000,
  });
  expect(planOf({ backoffMs: 60_000 })).toMatchObject({ backoffMs: 60_000, maxBackoffMs: 60_000 });
  expect(planOf({ maxBackoffMs: 100 })).toMatchObject({ backoffMs: 100, maxBackoffMs: 100 });
  expect(planOf({ maxFailures: Number.POSITIVE_INFINITY })?.maxFailures).toBe(Infinity);
});

test('a machine says which events it knows; other logic says nothing', () => {
  const eventsOf = (spec: object) => checkedBehaviours({ it: { logic, ...spec } })['it']?.events;
  expect(eventsOf({})).toEqual(['go', 'a.*']);
  expect(eventsOf({ events: ['only', 'b.*', '*'] })).toEqual(['only', 'b.*', '*']);
});
