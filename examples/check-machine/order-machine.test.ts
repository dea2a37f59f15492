// A whole suite for a machine, in five lines. It runs with `npx vitest`, in a project with vitest, fast-check, xstate and
// holdfast.
import { checkMachine } from 'holdfast/testing';
import { test } from 'vitest';
import { orderEvents } from './order-events.ts';
import { orderMachine } from './order-machine.ts';
import { pretendGateway } from './pretend-gateway.ts';

test('the order machine is sound', async () => {
  const machine = orderMachine.provide({ actors: pretendGateway });
  await checkMachine(machine, { events: orderEvents });
});
