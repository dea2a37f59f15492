import { expect, test } from 'vitest';
import { createMachine, fromCallback, sendParent } from 'xstate';
import { quietRuntime, TICK } from '../fixture.ts';

/*
 * XState takes an event of type `xstate.stop` from whoever sends it. A behaviour that sends one upwards must stop
 * neither its session nor the registry.
 */

const stops = createMachine({
  initial: 'here',
  states: { here: { on: { go: { actions: sendParent({ type: 'xstate.stop' }) } } } },
});

const stopsBack = fromCallback(({ sendBack }) => {
  sendBack({ type: 'xstate.stop' });
});

const stopsRegistry = createMachine({
  on: {
    go: {
      actions: ({ self }) => {
        self._parent?._parent?.send({ type: 'xstate.stop' });
      },
    },
  },
});

test.each([
  ['sendParent', stops],
  ['sendBack', stopsBack],
  ['the parent of its parent', stopsRegistry],
])('a behaviour that stops what is above it, by %s, stops nothing', async (_, logic) => {
  const { runtime, clock } = quietRuntime({ behaviours: { it: { logic } } });
  const other = await runtime.create();
  const session = await runtime.create({ behaviour: 'it' });
  await session.send({ type: 'go' });
  await clock.advance(10_000 + TICK);
  expect([session.state, other.state]).toEqual(['idle', 'idle']);
  await session.pause();
  expect(session.actor.getSnapshot().value).toBe('paused');
  expect(await session.terminate()).toBe('client');
  expect(runtime.stats().state).toBe('accepting');
});
