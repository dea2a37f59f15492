import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  assign,
  cancel,
  type EventObject,
  fromTransition,
  raise,
  sendParent,
  sendTo,
  setup,
} from 'xstate';
import { hibernated, keptOf, moved, type Process, started } from './kept-under-test.ts';

// Small machines with delays of all kinds, and a run that is interrupted at random moments. It must come to the same, at
// the same times, as one that nobody interrupted.

const STATES = ['s0', 's1', 's2'] as const;
const TYPES = ['e0', 'e1', 'e2'] as const;

const milliseconds = fc.constantFrom(1, 2, 5, 5, 7, 10, 10, 20, 33);
const state = fc.constantFrom(...STATES);

/** What a state does when it is entered: sends something later, or takes something back. */
const entries = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('raise' as const),
      ms: fc.oneof(milliseconds, fc.constant(0)),
      id: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    }),
    fc.record({
      do: fc.constant('poke' as const),
      ms: milliseconds,
      to: fc.constantFrom('kid', 'count'),
    }),
    fc.record({ do: fc.constant('cancel' as const), id: fc.constantFrom('x', 'y') }),
  ),
  { maxLength: 3 },
);

const ofState = fc.record({
  entry: entries,
  after: fc.array(fc.record({ ms: milliseconds, target: state }), { maxLength: 2 }),
  on: fc.record({ e0: state, e1: state }),
  kid: fc.boolean(),
});

const plans = fc.record({
  s0: ofState,
  s1: ofState,
  s2: ofState,
  kidMs: fc.tuple(milliseconds, milliseconds),
  answerMs: fc.option(milliseconds, { nil: undefined }),
  kidEnds: fc.boolean(),
});

type Plan = typeof plans extends fc.Arbitrary<infer P> ? P : never;
type OfState = Plan['s0'];

const MOST_HEARD = 60;

const noting = setup({
  types: { context: {} as { heard: string[] } },
  actions: {
    note: assign({
      heard: ({ context, event }) => [...context.heard, event.type].slice(-MOST_HEARD),
    }),
  },
});

const kidOf = ({ kidMs: [there, back], answerMs, kidEnds }: Plan) => {
  const later = answerMs === undefined ? {} : { delay: answerMs };
  return noting.createMachine({
    context: { heard: [] },
    initial: 'x',
    on: { poke: { actions: ['note', sendParent({ type: 'pong' }, later)] } },
    states: {
      x: { after: { [there]: 'y' } },
      y: kidEnds
        ? { type: 'final' }
        : { after: { [back]: 'x' }, entry: sendParent({ type: 'tick' }) },
    },
  });
};

const count = fromTransition(
  (n: number, event: EventObject) => (event.type === 'poke' ? n + 1 : n),
  0,
);

const actionsOf = ({ entry, kid }: OfState) =>
  entry.flatMap((one): unknown[] => {
    switch (one.do) {
      case 'raise': {
        const id = one.id === undefined ? {} : { id: one.id };
        return [raise({ type: 'later' }, { delay: one.ms, ...id })];
      }
      case 'poke':
        // The kid is there only where the state has it.
        if (one.to === 'kid' && !kid) return [];
        return [sendTo(one.to, { type: 'poke' }, { delay: one.ms })];
      default:
        return [cancel(one.id)];
    }
  });

const stateOf = (state: OfState) => ({
  entry: ['note', ...actionsOf(state)],
  after: Object.fromEntries(state.after.map(({ ms, target }) => [ms, target])),
  on: { e0: { target: state.on.e0 }, e1: { target: state.on.e1, reenter: true } },
  ...(state.kid ? { invoke: { id: 'kid', src: 'kid', onDone: { actions: 'note' } } } : {}),
});

const machineOf = (plan: Plan) => {
  const taken = ['later', 'pong', 'tick', 'e2'].map((type) => [type, { actions: 'note' }]);
  const config = {
    context: { heard: [] },
    invoke: { id: 'count', src: 'count' },
    initial: 's0',
    on: Object.fromEntries(taken),
    states: { s0: stateOf(plan.s0), s1: stateOf(plan.s1), s2: stateOf(plan.s2) },
  };
  // Made up at random: no type knows it.
  const machine = noting.createMachine(config as never);
  return machine.provide({ actors: { kid: kidOf(plan), count } } as never);
};

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 2, arbitrary: fc.constantFrom(...TYPES) },
    { weight: 3, arbitrary: fc.constantFrom('hibernate' as const, 'crash' as const) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** All there is of it, by the wall. */
const seen = (process: Process): unknown => {
  const { checkpoint, timers, incarnation, status } = keptOf(process);
  return { checkpoint, timers, incarnation, status, wall: process.clock.wall() };
};

test('a behaviour that is put away or moved at any moment comes to the same at the same times', async () => {
  // XState warns of each event for an actor that has stopped, in production not.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  let interruptions = 0;
  let pending = 0;
  await fc.assert(
    fc.asyncProperty(plans, steps, async (plan, taken) => {
      const it = { logic: machineOf(plan) };
      const plain = await started(it);
      let other = await started(it);
      for (const step of taken) {
        if (typeof step === 'number') {
          await plain.clock.advance(step);
          await other.clock.advance(step);
        } else if (step === 'hibernate' || step === 'crash') {
          interruptions += 1;
          pending += keptOf(plain).timers.length;
          if (step === 'hibernate') await hibernated(other);
          else other = await moved(it, other);
        } else {
          plain.supervised.send({ type: step });
          other.supervised.send({ type: step });
        }
        expect(keptOf(plain).checkpoint).not.toBeNull();
        expect(seen(other)).toEqual(seen(plain));
      }
      plain.supervised.stop();
      other.supervised.stop();
      expect(other.context.registry.delayedEvents.size).toBe(0);
    }),
    { numRuns: 300 },
  );
  // It was about something.
  expect(pending).toBeGreaterThan(interruptions);
});
