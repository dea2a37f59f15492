import { assign, setup } from 'xstate';
import type { BehaviourSpec } from '../../src/index.ts';
import { BACKOFF_MS, HEALTHY_MS, MAX_FAILURES } from './numbers.ts';

const counter = setup({
  types: {
    context: {} as { sum: number },
    events: {} as { type: 'add'; by: number } | { type: 'crash' },
  },
}).createMachine({
  context: { sum: 0 },
  on: {
    add: { actions: assign({ sum: ({ context, event }) => context.sum + event.by }) },
    crash: {
      actions: () => {
        throw new Error('the behaviour crashes');
      },
    },
  },
});

/** What sessions may run: a sum, and a way to crash. */
export const BEHAVIOURS: Readonly<Record<string, BehaviourSpec>> = {
  counter: {
    logic: counter,
    backoffMs: BACKOFF_MS[0],
    maxBackoffMs: BACKOFF_MS[1],
    maxFailures: MAX_FAILURES,
    healthyAfterMs: HEALTHY_MS,
  },
};
