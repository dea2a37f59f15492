import { assign, emit, fromTransition, setup } from 'xstate';
import type { BehaviourSpec, RuntimeOptions, Session } from '../../../src/index.ts';

/*
 * What the records under test/fixtures/records were made with, and are woken with. It stays as it is: another version of
 * a behaviour here would be another application, and the records of this one would be nobody's any more.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Given {
  readonly session: Session;
  readonly input: unknown;
}

/** Waits for an answer, then for its reminder of an hour later; it has the reference to its session in its context. */
const reminder = setup({
  types: {
    context: {} as { session: Session; given: unknown; answers: string[]; reminded: number },
    events: {} as { type: 'answer'; text: string },
    emitted: {} as { type: 'reminded' },
    input: {} as Given,
  },
  delays: { anHour: HOUR },
}).createMachine({
  id: 'reminder',
  context: ({ input }) => ({
    session: input.session,
    given: input.input,
    answers: [],
    reminded: 0,
  }),
  initial: 'asking',
  states: {
    asking: {
      on: {
        answer: {
          target: 'waiting',
          actions: assign({ answers: ({ context, event }) => [...context.answers, event.text] }),
        },
      },
    },
    waiting: {
      after: {
        anHour: {
          target: 'asking',
          actions: [
            assign({ reminded: ({ context }) => context.reminded + 1 }),
            emit({ type: 'reminded' }),
          ],
        },
      },
    },
  },
});

const child = setup({
  types: { context: {} as { steps: number }, events: {} as { type: 'step' } },
}).createMachine({
  id: 'child',
  context: { steps: 0 },
  on: { step: { actions: assign({ steps: ({ context }) => context.steps + 1 }) } },
  initial: 'young',
  states: { young: { after: { [2 * HOUR]: 'grown' } }, grown: {} },
});

/** Has a child with a delay of its own. */
const family = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'step' } },
  actors: { child },
}).createMachine({
  id: 'family',
  context: { n: 0 },
  invoke: { src: 'child', id: 'kid' },
  on: {
    step: {
      actions: [
        assign({ n: ({ context }) => context.n + 1 }),
        ({ self, event }) => self.getSnapshot().children['kid']?.send(event),
      ],
    },
  },
});

/** Is over after one event. */
const once = setup({ types: { events: {} as { type: 'end' } } }).createMachine({
  id: 'once',
  initial: 'going',
  states: { going: { on: { end: 'gone' } }, gone: { type: 'final' } },
});

/** Throws at its first event. */
const failing = setup({ types: { events: {} as { type: 'fail' } } }).createMachine({
  id: 'failing',
  on: {
    fail: {
      actions: assign(() => {
        throw new Error('on purpose');
      }),
    },
  },
});

/** No machine: it adds up what it is sent. */
const sums = fromTransition(
  (sum: { total: number }, event: { type: 'add'; n: number }) => ({ total: sum.total + event.n }),
  { total: 0 },
);

const BEHAVIOURS: Readonly<Record<string, BehaviourSpec>> = {
  reminder: { logic: reminder },
  family: { logic: family },
  once: { logic: once },
  failing: { logic: failing, policy: 'temporary' },
  sums: { logic: sums },
};

/** The options of a runtime for these records. */
export const CORPUS_OPTIONS = {
  deadlines: {
    idleAfterMs: 1_000,
    hibernateAfterMs: 1_000,
    idleTimeoutMs: 12 * HOUR,
    pausedTimeoutMs: 24 * HOUR,
    maxLifetimeMs: 48 * HOUR,
  },
  behaviours: BEHAVIOURS,
} as const satisfies RuntimeOptions;
