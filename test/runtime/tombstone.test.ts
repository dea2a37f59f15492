import { expect, test } from 'vitest';
import {
  InvalidOptionError,
  type Session,
  type SessionState,
  SessionTerminatedError,
} from '../../src/index.ts';
import { quietRuntime, rejectionOf } from './fixture.ts';

// What the owner of an ended session gets, once nothing of it is in memory.

const ended = async () => {
  const { clock, runtime, events } = quietRuntime();
  const client = { name: 'tool', version: '1' };
  const session = await runtime.create({ principal: 'ada', client, metadata: { a: [1] } });
  await clock.advance(700);
  await session.terminate('operator');
  await clock.advance(900);
  const found = await runtime.as('ada').get(session.id);
  return { clock, events, session, found };
};

test('it reads like the session at its end', async () => {
  const { clock, session, found } = await ended();
  expect(found).not.toBe(session);
  expect([found.id, found.principal, found.state]).toEqual([session.id, 'ada', 'terminated']);
  expect(found.info()).toMatchObject({
    id: session.id,
    principal: 'ada',
    state: 'terminated',
    residency: 'stored',
    client: { name: 'tool', version: '1' },
    metadata: { a: [1] },
    createdAt: clock.wall() - 1_600,
    endedAt: clock.wall() - 900,
    reason: 'operator',
    inFlight: 0,
    presences: 0,
  });
});

test('its actor is seen at its end, and never moves', async () => {
  const { session, found } = await ended();
  const snapshot = found.actor.getSnapshot();
  expect(snapshot).toMatchObject({
    value: 'terminated',
    status: 'done',
    output: { reason: 'operator' },
    context: { id: session.id, principal: 'ada', reason: 'operator' },
  });
  expect(found.actor.id).toBe(session.id);
  const subscription = found.actor.subscribe(() => {
    throw new Error('it moved');
  });
  subscription.unsubscribe();
});

test('its signal is aborted, with the reason', async () => {
  const { found } = await ended();
  expect(found.signal.aborted).toBe(true);
  expect(found.signal.reason).toMatchObject({ reason: 'operator' });
});

test('terminate gives the first reason, whatever is asked for', async () => {
  const { found, events } = await ended();
  const told = events.length;
  expect(await found.terminate('client')).toBe('operator');
  expect(events.length).toBe(told);
});

const REFUSED: readonly [string, (session: Session) => unknown][] = [
  ['touch', (session) => session.touch()],
  ['beat', (session) => session.beat()],
  ['beatReply', (session) => session.beatReply()],
  ['run', (session) => session.run('x', () => 1)],
  ['attach', (session) => session.attach()],
  ['pause', (session) => session.pause()],
  ['resume', (session) => session.resume()],
  ['waitFor idle', (session) => session.waitFor('idle')],
];

test.each(REFUSED)('%s throws SessionTerminatedError with the reason', async (_name, call) => {
  const { found } = await ended();
  const error = await rejectionOf((async () => call(found))());
  expect(error).toBeInstanceOf(SessionTerminatedError);
  expect(error).toMatchObject({ reason: 'operator' });
});

test('to wait for its end is answered at once, to wait for what is no state is refused', async () => {
  const { found } = await ended();
  expect(await found.waitFor(['idle', 'terminated'])).toBe('terminated');
  const error = await rejectionOf(found.waitFor('asleep' as SessionState));
  expect(error).toBeInstanceOf(InvalidOptionError);
});

test('a subscription to it can be had and ended, and hears nothing', async () => {
  const { found } = await ended();
  const heard: unknown[] = [];
  const stop = found.subscribe((event) => heard.push(event));
  stop();
  stop();
  expect(heard).toEqual([]);
});

test('it keeps when it was last active and when it would have expired', async () => {
  const { clock, runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const createdAt = clock.wall();
  await clock.advance(4_000);
  await session.touch();
  const lastActivityAt = clock.wall();
  await clock.advance(3_000);
  session.beat();
  await session.terminate();
  const endedAt = clock.wall();
  const atItsEnd = session.info();
  await clock.advance(900);
  const found = await runtime.as('ada').get(session.id);
  const times = { createdAt, lastActivityAt, endedAt, expiresAt: createdAt + 1_000_000 };
  expect(found.info()).toMatchObject(times);
  expect(found.info()).toEqual(atItsEnd);
  expect(found.actor.getSnapshot().context.expiresAt).toBe(times.expiresAt);
  expect((await runtime.list()).sessions).toEqual([found.info()]);
});
