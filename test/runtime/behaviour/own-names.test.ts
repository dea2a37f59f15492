import { expect, test } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { behaving, eventsOfType, viewOf } from './behaviour-under-test.ts';

const boom = (): never => {
  throw new Error('boom');
};

/** A machine that names an actor, and fails when it is told to. */
const logic = setup({
  types: { events: {} as { type: 'fail' } },
  actors: { db: fromPromise(() => new Promise(() => undefined)) },
}).createMachine({
  invoke: { id: 'db', src: 'db', systemId: 'db' },
  on: { fail: { actions: boom } },
});

test('a behaviour that names an actor runs in any number of sessions, also after it has failed', async () => {
  const { clock, runtime, session, events } = await behaving({ logic });
  const other = await runtime.create({ behaviour: 'it' });
  await clock.advance(20_000);
  expect(eventsOfType(events, 'session.behaviour-failed')).toEqual([]);
  await session.send({ type: 'fail' });
  await clock.advance(1_000);
  expect([viewOf(session), viewOf(other)]).toMatchObject([
    { status: 'running', incarnation: 2 },
    { status: 'running', incarnation: 1 },
  ]);
  expect(eventsOfType(events, 'session.behaviour-failed')).toHaveLength(1);
});
