import { expect, test } from 'vitest';
import { registryMachine, SESSION_STATES, sessionMachine } from '../../machines/index.ts';

interface DrawnTransition {
  readonly target?: unknown;
  readonly guard?: unknown;
  readonly actions?: unknown;
  readonly description?: unknown;
}

const CHARTS = [
  ['session', SESSION_STATES[0], sessionMachine],
  ['registry', 'starting', registryMachine],
] as const;

/** A sentence for people: never empty. */
const SENTENCE = expect.stringMatching(/\S\.$/);

const transitionsOf = (config: { readonly on?: unknown }): [string, DrawnTransition][] =>
  Object.entries((config.on ?? {}) as Record<string, DrawnTransition>);

test.each(CHARTS)(
  'the chart of the %s can be drawn: plain data, all of it described',
  (_, __, machine) => {
    const drawn = JSON.parse(JSON.stringify(machine));
    expect(drawn.description).toEqual(SENTENCE);
    for (const state of Object.values(machine.states)) {
      expect(drawn.states[state.key].description, state.key).toEqual(SENTENCE);
      // An inline function would be drawn as nothing.
      for (const [, { guard = '', actions = '' }] of transitionsOf(state.config)) {
        expect([typeof guard, typeof actions]).toEqual(['string', 'string']);
      }
      expect([state.invoke, state.after, state.always ?? []]).toEqual([[], [], []]);
    }
  },
);

test.each(CHARTS)(
  'the chart of the %s says its name, and where it begins',
  (name, first, machine) => {
    expect(machine.id).toBe(name);
    expect(machine.config.initial).toBe(first);
  },
);

test.each(CHARTS)(
  'a transition of the %s that changes nothing says why it is drawn',
  (_, __, machine) => {
    const all = [machine, ...Object.values(machine.states)].flatMap(({ config }) =>
      transitionsOf(config),
    );
    expect(all.length).toBeGreaterThan(5);
    for (const [event, { target, actions, description }] of all) {
      if ((target ?? actions) === undefined || description !== undefined) {
        expect(description, event).toEqual(SENTENCE);
      }
    }
  },
);
