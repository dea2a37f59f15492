import { type AnyActorLogic, assign, setup } from 'xstate';
import type { Occupancy, SessionEvent, SessionInput } from '../../machines/index.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { createRegistry, type RegistryOptions } from '../../src/xstate/registry-logic.ts';

/** Room enough. */
export const ROOM: Occupancy = {
  resident: 0,
  maxResident: 10,
  ofPrincipal: 0,
  maxPerPrincipal: 10,
};

/** No room at all. */
export const FULL: Occupancy = { ...ROOM, resident: 10 };

export const inputOf = (id: string): SessionInput => ({ id, principal: null, expiresAt: null });

/** A registry that accepts, on a virtual clock. */
export const acceptingRegistry = (options: Partial<RegistryOptions> = {}) => {
  const clock = createVirtualClock();
  const registry = createRegistry({ clock, ...options });
  registry.start();
  registry.send({ type: 'registry.ready' });
  const spawn = (id: string) => {
    const actor = registry.spawn(id, inputOf(id), ROOM);
    if (actor === null) throw new Error(`${id} was refused`);
    return actor;
  };
  return { clock, registry, spawn };
};

/** A logic in the place of a session's that fails when it hears `session.pause`. */
export const crashingLogic = setup({
  types: { input: {} as SessionInput, events: {} as SessionEvent },
  actions: {
    crash: () => {
      throw new Error('boom');
    },
  },
}).createMachine({ on: { 'session.pause': { actions: 'crash' } } });

/** A logic that cannot even start. */
export const stillbornLogic = setup({
  types: { input: {} as SessionInput, events: {} as SessionEvent, context: {} as { x: number } },
}).createMachine({
  context: () => {
    throw new Error('stillborn');
  },
});

/** A logic that throws when it is stopped. */
export const stubbornLogic: AnyActorLogic = {
  transition: (snapshot, event) => {
    if (event.type === 'xstate.stop') throw new Error('stubborn');
    return snapshot;
  },
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** A logic that waits, over and over, and counts how often. */
export const delayedLogic = (delayMs: number) =>
  setup({
    types: {
      input: {} as SessionInput,
      events: {} as SessionEvent,
      context: {} as { fired: number },
    },
    delays: { wait: delayMs },
  }).createMachine({
    context: { fired: 0 },
    initial: 'waiting',
    states: {
      waiting: {
        after: {
          wait: {
            target: 'waiting',
            reenter: true,
            actions: assign({ fired: ({ context }) => context.fired + 1 }),
          },
        },
        on: { 'session.pause': 'resting' },
      },
      resting: { on: { 'session.resume': 'waiting', 'session.cleaned': 'over' } },
      over: { type: 'final' },
    },
  });
