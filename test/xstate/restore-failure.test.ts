import { expect, test } from 'vitest';
import { type AnyActorLogic, fromPromise, setup } from 'xstate';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { failureToRestore, LoneBehaviour } from '../../src/xstate/lone-behaviour.ts';

const kidWith = (state: string) =>
  setup({}).createMachine({ id: 'kid', initial: state, states: { [state]: {} } });

/** A machine with one of its own in it, whose only states these are. */
const parentWith = (state: string, kid: AnyActorLogic) =>
  setup({ actors: { kid } }).createMachine({
    id: 'parent',
    initial: state,
    states: { [state]: { invoke: { src: 'kid', id: 'kid' } } },
  });

const persistedBy = (logic: AnyActorLogic) => {
  const behaviour = new LoneBehaviour(logic, createVirtualClock(), { input: undefined });
  behaviour.start();
  const snapshot = behaviour.getPersistedSnapshot();
  behaviour.stop();
  return JSON.parse(JSON.stringify(snapshot));
};

const failure = (logic: AnyActorLogic, snapshot: ReturnType<typeof persistedBy>) =>
  failureToRestore(logic, createVirtualClock(), { snapshot, delays: [] });

test('what its own logic stored can be restored', () => {
  const logic = parentWith('a', kidWith('x'));
  expect(failure(logic, persistedBy(logic))).toBeNull();
});

test('a state that is not there any more is told, also of an actor under it', () => {
  const stored = persistedBy(parentWith('a', kidWith('x')));
  const gone = (state: string) => ({
    error: { message: expect.stringMatching(`'${state}' does not exist`) },
  });
  expect(failure(parentWith('b', kidWith('x')), stored)).toMatchObject(gone('a'));
  expect(failure(parentWith('a', kidWith('y')), stored)).toMatchObject(gone('x'));
});

test('an actor that had failed before it was stored is restored as that', async () => {
  const failing = fromPromise(() => Promise.reject(new Error('on purpose')));
  const logic = setup({ actors: { failing } }).createMachine({
    initial: 'a',
    states: { a: { invoke: { src: 'failing', id: 'it', onError: {} } } },
  });
  const behaviour = new LoneBehaviour(logic, createVirtualClock(), { input: undefined });
  behaviour.start();
  await new Promise((resolve) => setImmediate(resolve));
  const stored = JSON.parse(JSON.stringify(behaviour.getPersistedSnapshot()));
  expect(stored.children.it.snapshot.status).toBe('error');
  expect(failure(logic, stored)).toBeNull();
});

test('nothing is started for it', () => {
  let started = 0;
  const noting = fromPromise(async () => {
    started += 1;
  });
  const logic = parentWith('a', noting);
  const stored = persistedBy(logic);
  expect(started).toBe(1);
  expect(failure(logic, stored)).toBeNull();
  expect(started).toBe(1);
});
