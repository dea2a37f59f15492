import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertEvent, createMachine, fromPromise } from 'xstate';
import { InvalidEventError } from '../../src/errors.ts';
import {
  assertLetIn,
  describes,
  hearsRestored,
  isInternal,
  knownEvents,
} from '../../src/xstate/behaviour-events.ts';

test('descriptors match as they do in XState', () => {
  const token = fc.constantFrom('a', 'b', 'ab', '');
  const type = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
  const descriptor = fc.oneof(
    type,
    fc.constant('*'),
    type.map((prefix) => `${prefix}.*`),
  );
  fc.assert(
    fc.property(type, descriptor, (given, by) => {
      let expected = true;
      try {
        assertEvent({ type: given }, by as never); // Its type asks for a type of that event.
      } catch {
        expected = false;
      }
      expect(describes(by, given)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test('a machine names its own events, deep ones too, and none of what XState makes', () => {
  const machine = createMachine({
    initial: 'a',
    on: { reset: '.a' },
    states: {
      a: {
        after: { 1000: 'b' },
        invoke: { src: fromPromise(async () => 1), onDone: 'b', onError: 'b' },
        initial: 'deep',
        states: { deep: { on: { 'go.*': { actions: () => {} } } } },
      },
      b: { on: { '*': 'a' } },
    },
  });
  expect(knownEvents(machine)).toEqual(['reset', 'go.*', '*']);
  expect(knownEvents(fromPromise(async () => 1))).toBeNull();
});

test('the types of XState and of the runtime are internal, and what only begins with its name is not', () => {
  for (const type of [
    'session.restored',
    'xstate',
    'xstate.stop',
    'xstate.after.1.a',
    '@xstate.actor',
  ]) {
    expect(isInternal(type)).toBe(true);
    expect(() => assertLetIn({ type }, ['*', type])).toThrow(InvalidEventError);
  }
  for (const type of ['xstates', 'my.xstate.stop', 'session.restored.ok', 'session'])
    assertLetIn({ type }, null);
});

const TAKEN = { actions: () => undefined };

test('a machine asks to be told that it was restored by naming it, not by a bare *', () => {
  const hearing = (...types: string[]) =>
    hearsRestored(createMachine({ on: Object.fromEntries(types.map((type) => [type, TAKEN])) }));
  expect([hearing('session.restored'), hearing('a', 'session.*')]).toEqual([true, true]);
  expect([hearing('*'), hearing('session.restored.at'), hearing()]).toEqual([false, false, false]);
  expect(hearsRestored(fromPromise(async () => 1))).toBe(false);
  expect(knownEvents(createMachine({ on: { 'session.restored': TAKEN, go: TAKEN } }))).toEqual([
    'go',
  ]);
});

test('where nothing is let in, the refusal says so', () => {
  expect(() => assertLetIn({ type: 'go' }, [])).toThrow('allowed are: none');
});
