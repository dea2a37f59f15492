import { expect, test } from 'vitest';
import { type Session, SessionNotReadyError } from '../../../src/index.ts';
import { quietRuntime, rejectionOf, toldOf } from '../fixture.ts';

// A session is there while it is initialized, but cannot be set aside yet.

const initializing = async () => {
  let ready: () => void = () => undefined;
  const given: Session[] = [];
  const { clock, runtime, events } = quietRuntime({
    initialize: (session) => {
      given.push(session);
      return new Promise<void>((done) => {
        ready = done;
      });
    },
  });
  const created = runtime.create();
  await clock.settle();
  const [session] = given;
  if (session === undefined) throw new Error('initialize was not called');
  return { clock, runtime, events, created, session, ready: () => ready() };
};

test('pause during initialize is refused with SessionNotReadyError, and changes nothing', async () => {
  const { events, runtime, created, session, ready } = await initializing();
  expect(session.state).toBe('initializing');
  for (const reference of [session, await runtime.get(session.id)]) {
    for (const options of [{}, { abort: true }]) {
      const refusal = await rejectionOf(reference.pause(options));
      expect(refusal).toBeInstanceOf(SessionNotReadyError);
      expect(refusal).toMatchObject({ code: 'ERR_HOLDFAST_NOT_READY', retryable: true });
    }
  }
  expect(toldOf(events, session.id)).toEqual(['created']);
  ready();
  const made = await created;
  expect(made.state).toBe('active');
  await made.pause();
  expect(made.state).toBe('paused');
});

test('it can be ended meanwhile', async () => {
  const { created, session } = await initializing();
  const refusal = rejectionOf(created);
  expect(await session.terminate()).toBe('client');
  expect(await refusal).toMatchObject({ reason: 'client' });
  expect(await rejectionOf(session.pause())).toMatchObject({ code: 'ERR_HOLDFAST_TERMINATED' });
});
