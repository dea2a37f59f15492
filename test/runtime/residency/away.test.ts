import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { after, durableRuntime, REST_MS } from './fixture.ts';

// What is kept of a session that is not in memory: nothing, where nobody waits to hear of it.

const STORED_MS = 10_000 + REST_MS + 600;

test('a session that was made ready by initialize costs no memory once it is stored', async () => {
  const { clock, runtime, context } = durableRuntime({ initialize: () => undefined });
  await after(clock, runtime.create({ principal: 'ada' }), STORED_MS);
  expect(runtime.stats().resident).toBe(0);
  expect(context.away.held).toBe(0);
});

test('a listener of its behaviour keeps what is known of a stored session, from when it comes until it goes', async () => {
  const machine = setup({}).createMachine({ initial: 'waiting', states: { waiting: {} } });
  const { clock, runtime, context } = durableRuntime({ behaviours: { still: { logic: machine } } });
  const session = await after(clock, runtime.create({ behaviour: 'still' }), STORED_MS);
  expect(session.info().residency).toBe('stored');
  expect(context.away.held).toBe(0);
  const listening = session.behaviour?.subscribe(() => undefined);
  expect(context.away.held).toBe(1);
  await after(clock, session.touch(), STORED_MS);
  expect(session.info().residency).toBe('stored');
  expect(context.away.held).toBe(1);
  listening?.unsubscribe();
  expect(context.away.held).toBe(0);
});
