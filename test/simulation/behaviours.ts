import { assign, emit, fromPromise, setup } from 'xstate';
import type { BehaviourSpec } from '../../src/index.ts';
import type { Clock } from '../../src/time/clock.ts';
import { ARMED_MS, RESTARTS, THOUGHT_MS } from './numbers.ts';

/** What a counter has in its context: JSON all through. */
export interface Counted {
  /** Every number it was told to add, in order. */
  readonly adds: readonly number[];
  /** How often its delay was over. */
  readonly fired: number;
  readonly thoughts: number;
}

/** Told of each event that a behaviour takes, as it takes it. */
export type Took = (n: number, what: string) => void;

/** The behaviours of one process: what they wait for is over with it. */
export const behavioursOf = (clock: Clock, took: Took): Readonly<Record<string, BehaviourSpec>> => {
  const logic = counterOf(clock, took);
  const input: BehaviourSpec['input'] = ({ input }) => input;
  return {
    counter: { logic, input, ...RESTARTS },
    fragile: { logic, input, ...RESTARTS, maxFailures: 3 },
  };
};

const counterOf = (clock: Clock, took: Took) =>
  setup({
    types: {
      context: {} as Counted & { n: number },
      events: {} as
        | { type: 'add'; by: number }
        | { type: 'poke' }
        | { type: 'think' }
        | { type: 'crash' },
      emitted: {} as { type: 'added'; by: number } | { type: 'fired'; times: number },
      input: {} as { n: number },
    },
    actors: {
      thought: fromPromise(
        () =>
          new Promise<void>((done) => {
            clock.scheduler.schedule(() => done(), THOUGHT_MS);
          }),
      ),
    },
    delays: { armed: ARMED_MS },
  }).createMachine({
    context: ({ input }) => ({ n: input.n, adds: [], fired: 0, thoughts: 0 }),
    initial: 'calm',
    on: {
      add: {
        actions: [
          ({ context }) => took(context.n, 'add'),
          assign({ adds: ({ context, event }) => [...context.adds, event.by] }),
          emit(({ event }) => ({ type: 'added', by: event.by })),
        ],
      },
      crash: {
        actions: () => {
          throw new Error('the behaviour crashes');
        },
      },
    },
    states: {
      calm: { on: { poke: 'armed', think: 'thinking' } },
      armed: {
        after: {
          armed: {
            target: 'calm',
            actions: [
              ({ context }) => took(context.n, 'its delay'),
              assign({ fired: ({ context }) => context.fired + 1 }),
              emit(({ context }) => ({ type: 'fired', times: context.fired + 1 })),
            ],
          },
        },
      },
      thinking: {
        invoke: {
          id: 'thought',
          src: 'thought',
          onDone: {
            target: 'calm',
            actions: assign({ thoughts: ({ context }) => context.thoughts + 1 }),
          },
        },
      },
    },
  });
