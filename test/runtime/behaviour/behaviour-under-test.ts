import { assign, emit, setup } from 'xstate';
import type {
  BehaviourSpec,
  CreateOptions,
  LifecycleEvent,
  RuntimeOptions,
  Session,
} from '../../../src/index.ts';
import { quietRuntime } from '../fixture.ts';

/** What the worker's chart hears. */
export type WorkerEvent =
  | { type: 'work.add'; n: number }
  | { type: 'work.tell' }
  | { type: 'work.add-and-tell' }
  | { type: 'crash' }
  | { type: 'tell-and-crash' }
  | { type: 'finish' };

const boom = (): never => {
  throw new Error('boom');
};

/** A machine that counts, emits, crashes and finishes when it is told to. */
export const worker = setup({
  types: {
    context: {} as { n: number; starts: number },
    events: {} as WorkerEvent,
    input: {} as { input?: { starts?: () => number } },
    emitted: {} as { type: 'sum'; n: number },
    output: {} as number,
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({ n: 0, starts: input.input?.starts?.() ?? 1 }),
  initial: 'working',
  output: ({ context }) => context.n,
  states: {
    working: {
      on: {
        'work.add': { actions: assign({ n: ({ context, event }) => context.n + event.n }) },
        'work.tell': { actions: emit(({ context }) => ({ type: 'sum' as const, n: context.n })) },
        'work.add-and-tell': {
          actions: [
            assign({ n: ({ context }) => context.n + 1 }),
            emit(({ context }) => ({ type: 'sum' as const, n: context.n })),
          ],
        },
        crash: { actions: boom },
        'tell-and-crash': {
          actions: [emit(({ context }) => ({ type: 'sum' as const, n: context.n })), boom],
        },
        finish: { target: 'finished' },
      },
    },
    finished: { type: 'final' },
  },
});

/** A machine that crashes 3 s after each start, also after one from a snapshot. */
export const shortLived = setup({
  types: { events: {} as { type: 'note' }, context: {} as { notes: number } },
}).createMachine({
  context: { notes: 0 },
  initial: 'up',
  states: {
    up: {
      on: { note: { actions: assign({ notes: ({ context }) => context.notes + 1 }) } },
      after: { 3000: { actions: boom } },
    },
  },
});

/** A runtime with one behaviour, `it`, and a session that runs it. */
export const behaving = async (
  spec: BehaviourSpec,
  { options = {}, create = {} }: { options?: RuntimeOptions; create?: CreateOptions } = {},
) => {
  const parts = quietRuntime({ behaviours: { it: spec }, ...options });
  const session = await parts.runtime.create({ behaviour: 'it', ...create });
  return { ...parts, session };
};

/** The behaviour of a session that has one. */
export const viewOf = (session: Session) => {
  const { behaviour } = session;
  if (behaviour === null) throw new Error('the session has no behaviour');
  return behaviour;
};

/** The events of one type, in order. */
export const eventsOfType = <T extends LifecycleEvent['type']>(
  events: readonly LifecycleEvent[],
  type: T,
): Extract<LifecycleEvent, { type: T }>[] =>
  events.filter((event): event is Extract<LifecycleEvent, { type: T }> => event.type === type);
