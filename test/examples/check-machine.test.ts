import { checkMachine, MachineCheckError, replayMachine } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { assign } from 'xstate';
// The example's own suite is part of this one.
import '../../examples/check-machine/order-machine.test.ts';
import { orderEvents } from '../../examples/check-machine/order-events.ts';
import { orderMachine } from '../../examples/check-machine/order-machine.ts';
import { pretendGateway } from '../../examples/check-machine/pretend-gateway.ts';

// Against the built package. What the check is for: variants of the machine with one thing wrong.

const sound = orderMachine.provide({ actors: pretendGateway });
const events = orderEvents;

const failureOf = async (made: Promise<unknown>): Promise<MachineCheckError> => {
  const error = await made.catch((failure: unknown) => failure);
  if (error instanceof MachineCheckError) return error;
  throw new Error('It was found to be sound.', { cause: error });
};

test('a date in the context, far down the way', async () => {
  const machine = sound.provide({
    actions: {
      // @ts-expect-error: what the types would have told is what is planted here.
      'note the delivery': assign({ delivered: () => new Date(0) }),
    },
  });
  const error = await failureOf(checkMachine(machine, { events, seed: 1 }));
  expect(error.problems).toEqual([
    {
      kind: 'not-json',
      sentence: expect.stringContaining('context.delivered is an instance of Date'),
    },
  ]);
  expect(error.steps).toEqual([
    { type: 'ADD', cents: 1 },
    { type: 'CHECKOUT', card: 'good' },
    { type: 'RESERVED' },
    { type: 'PACKED' },
    { type: 'DELIVERED', to: 'the neighbour' },
  ]);
  const replayed = await failureOf(replayMachine(machine, error.steps ?? []));
  expect(replayed.problems).toEqual(error.problems);
});

test('a failure nobody counts: what comes after the last retry is never reached', async () => {
  const machine = sound.provide({ actions: { 'count the failure': () => undefined } });
  const error = await failureOf(checkMachine(machine, { events, seed: 1 }));
  expect(error.problems).toMatchObject([
    {
      kind: 'never-reached',
      sentence: expect.stringContaining('never in: placed.payment.declined.'),
    },
    { kind: 'never-handled', sentence: expect.stringContaining('let it through: NEW_CARD.') },
  ]);
});

test('money that is kept: an order is cancelled while it is paid for', async () => {
  const machine = sound.provide({
    guards: { paid: ({ context }) => context.paid && context.delivered !== null },
  });
  const error = await failureOf(
    checkMachine(machine, {
      events,
      seed: 1,
      invariant: ({ value, context }) => !(value === 'cancelled' && context.paid),
      // Where the refund is refused, the shop keeps the money on purpose.
      unreachable: ['undoing.refused'],
    }),
  );
  expect(error.problems).toMatchObject([{ kind: 'invariant' }]);
  expect(error.steps).toHaveLength(3);
  expect(error.test).toContain("{ type: 'CHECKOUT', card: 'good' },");
});
