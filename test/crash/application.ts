import { assign, setup } from 'xstate';
import type { RuntimeOptions, Session } from '../../src/index.ts';
import type { Chance } from '../simulation/chance.ts';
import type { Orders } from './protocol.ts';
import { TOMBSTONE_MS } from './protocol.ts';
import type { Voice } from './voice.ts';

/** Resolves after so many ms, or rejects when the signal is aborted. */
export const elapsed = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** The name that a session has outside, whatever its id is. */
export const tagOf = ({ metadata }: { readonly metadata: Readonly<Record<string, unknown>> }) =>
  String(metadata['tag']);

/** Sessions rest almost at once, and what falls due is looked for often: so a short life meets all of it. */
const QUICK: RuntimeOptions = {
  deadlines: { idleAfterMs: 40, hibernateAfterMs: 20, idleTimeoutMs: 3_600_000 },
  tombstoneMs: TOMBSTONE_MS,
  sweepIntervalMs: 100,
};

/** What the application of a process under load does, and tells of itself. */
export const applicationOf = (
  { rest }: Orders,
  voice: Voice,
  chance: Chance,
  isStopping: () => boolean,
): RuntimeOptions => ({
  ...QUICK,
  initialize: async (session, signal) => {
    const { metadata, id } = session.info();
    voice.say({ t: 'init', tag: tagOf({ metadata }), id });
    if (metadata['init'] === 'at-once') return;
    await elapsed(chance.between(1, 25), signal);
    if (metadata['init'] === 'fail') throw new Error('initialize fails');
  },
  cleanup: async (session, reason) => {
    voice.say({ t: 'cleanup', tag: tagOf(session.info()), reason });
    await elapsed(chance.between(0, 15));
  },
  hooks: {
    onCreated: () => elapsed(chance.between(0, 3)),
    onTerminated: (session, reason) =>
      voice.say({ t: 'terminated', tag: tagOf(session.info()), reason }),
    onError: (error, { where }) => {
      // A behaviour fails when it is told to, and a drain cuts off what it cannot wait for.
      if (where === 'behaviour' || isStopping() || /initialize fails/.test(String(error))) return;
      voice.say({ t: 'problem', text: `${where}: ${String(error)}` });
    },
  },
  operations: {
    task: async (input, { operation, session, signal }) => {
      voice.say({ t: 'handler', tag: tagOf(session.info()), op: operation });
      await elapsed((input as { readonly ms: number }).ms, signal);
      return { operation };
    },
  },
  onInterrupted: (session: Session, { operation }) => {
    const again = !rest && chance.flip(0.5);
    voice.say({ t: 'interrupted', tag: tagOf(session.info()), op: operation, again });
    return again ? 'again' : undefined;
  },
  behaviours: { adder: { logic: adder, policy: 'permanent', backoffMs: 2, maxFailures: 100 } },
});

/** Keeps every number it is told to add. */
const adder = setup({
  types: {
    context: {} as { readonly adds: readonly number[] },
    events: {} as { type: 'add'; by: number } | { type: 'fail' },
  },
}).createMachine({
  context: { adds: [] },
  on: {
    add: { actions: assign({ adds: ({ context, event }) => [...context.adds, event.by] }) },
    fail: {
      actions: () => {
        throw new Error('the behaviour fails');
      },
    },
  },
});
