import { assign, setup } from 'xstate';
import type { RegistryEvent } from './vocabulary.ts';

/** What the registry's chart knows: counters only, so that its snapshot stays small at any size. */
export interface RegistryContext {
  /** Sessions let in since the start. */
  admitted: number;
  /** Sessions refused since the start. */
  refused: number;
  /** Sessions that are gone again: ended, crashed or released. */
  exited: number;
  /** Of those, the ones whose actor threw. */
  crashed: number;
}

/**
 * The supervisor of all sessions. It decides who is let in; the table of sessions is kept beside it
 * (`src/xstate/registry-logic.ts`), because a chart's own `children` cost O(n) a spawn.
 */
export const registryMachine = setup({
  types: {
    context: {} as RegistryContext,
    events: {} as RegistryEvent,
  },
  guards: {
    'room for one more': ({ event }) =>
      event.type === 'registry.admit' &&
      event.resident < event.maxResident &&
      event.ofPrincipal < event.maxPerPrincipal,
  },
  actions: {
    'count one admitted': assign({ admitted: ({ context }) => context.admitted + 1 }),
    'count one refused': assign({ refused: ({ context }) => context.refused + 1 }),
    'count one exited': assign({ exited: ({ context }) => context.exited + 1 }),
    'count one crashed': assign({
      exited: ({ context }) => context.exited + 1,
      crashed: ({ context }) => context.crashed + 1,
    }),
  },
}).createMachine({
  id: 'registry',
  description:
    'Supervises every session: lets them in, hears of their ends, contains their crashes.',
  context: { admitted: 0, refused: 0, exited: 0, crashed: 0 },
  initial: 'starting',
  on: {
    'registry.exited': { actions: 'count one exited', description: 'A session is gone.' },
    'registry.crashed': { actions: 'count one crashed', description: 'Contained here.' },
    'registry.admit': { actions: 'count one refused', description: 'No room, or not the time.' },
  },
  states: {
    starting: {
      description: 'The store is being opened.',
      on: {
        'registry.ready': { target: 'accepting' },
        'registry.drain': { target: 'draining' },
      },
    },
    accepting: {
      description: 'The only state in which a session is let in.',
      on: {
        'registry.admit': { guard: 'room for one more', actions: 'count one admitted' },
        'registry.drain': { target: 'draining' },
      },
    },
    draining: {
      description: 'Nobody new; those inside finish, then end or are put away.',
      on: {
        'registry.stopped': { target: 'stopped' },
      },
    },
    stopped: {
      type: 'final',
      description: 'No session is left and the store is closed.',
    },
  },
});

/** The logic of the registry's actor, without its table of sessions. */
export type RegistryMachine = typeof registryMachine;
