import { expect, test } from 'vitest';
import type { SessionEvent } from '../../../machines/index.ts';
import { InvalidEventError } from '../../../src/errors.ts';
import {
  END_REASONS,
  InvalidOptionError,
  type Session,
  SessionTerminatedError,
} from '../../../src/index.ts';
import { move } from '../../../src/runtime/lifecycle/lifecycle.ts';
import { openRuntime, quietRuntime, rejectionOf, standing, TICK, toldOf } from '../fixture.ts';

const begun = async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const told = () => toldOf(events, session.id).slice(3);
  return { clock, runtime, events, session, told };
};

test('pause sets aside, resume takes up again, and both planes show it', async () => {
  const { session, told } = await begun();
  await session.pause();
  expect([session.state, session.actor.getSnapshot().value]).toEqual(['paused', 'paused']);
  await session.resume();
  expect([session.state, session.actor.getSnapshot().value]).toEqual(['active', 'active']);
  expect(told()).toEqual(['active>paused', 'paused', 'paused>active', 'resumed']);
});

test('pause on a paused and resume on an active session have no effect', async () => {
  const { session, told } = await begun();
  await session.resume();
  expect(told()).toEqual([]);
  await session.pause();
  await session.pause();
  expect(told()).toEqual(['active>paused', 'paused']);
});

test('an idle session is paused from idle, and resumed to active', async () => {
  const { clock, session, told } = await begun();
  await clock.advance(10_000 + TICK);
  await session.resume();
  expect(session.state).toBe('idle');
  await session.pause();
  await session.resume();
  expect(session.state).toBe('active');
  expect(told()).toEqual(['active>idle', 'idle>paused', 'paused', 'paused>active', 'resumed']);
});

test('terminate gives the reason; the session tells its end once', async () => {
  const { session, runtime, told } = await begun();
  expect(await session.terminate('operator')).toBe('operator');
  expect(session.state).toBe('terminated');
  expect(told()).toEqual(['active>terminating', 'terminating>terminated', 'ended:operator']);
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { operator: 1 } });
  expect(session.actor.getSnapshot()).toMatchObject({ value: 'terminated', status: 'done' });
});

test('terminate is by the client where nothing is said, and can only be by client or operator', async () => {
  const { session } = await begun();
  for (const reason of END_REASONS.filter((one) => one !== 'client' && one !== 'operator')) {
    const given = reason as 'client'; // What untyped callers can do.
    const error = await rejectionOf(session.terminate(given));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'reason', value: reason });
  }
  expect(session.state).toBe('active');
  expect(await session.terminate()).toBe('client');
});

test('terminate twice joins the running end, and both are told the first reason', async () => {
  const { session, told } = await begun();
  const [first, second] = [session.terminate('operator'), session.terminate('client')];
  expect(await Promise.all([first, second])).toEqual(['operator', 'operator']);
  expect(await session.terminate('client')).toBe('operator');
  expect(told().filter((one) => one.startsWith('ended'))).toEqual(['ended:operator']);
});

test('a paused session can be ended', async () => {
  const { session, told } = await begun();
  await session.pause();
  await session.terminate();
  expect(told().slice(2)).toEqual(['paused>terminating', 'terminating>terminated', 'ended:client']);
});

test('after the end the reads answer, and so does terminate', async () => {
  const { clock, session } = await begun();
  await clock.advance(700);
  await session.terminate('operator');
  await clock.advance(700);
  expect(session.info()).toMatchObject({
    id: session.id,
    principal: 'ada',
    state: 'terminated',
    residency: 'stored',
    reason: 'operator',
    endedAt: clock.wall() - 700,
    createdAt: clock.wall() - 1_400,
    inFlight: 0,
  });
  expect(session.principal).toBe('ada');
  expect(await session.terminate('client')).toBe('operator');
  expect(await session.waitFor('terminated')).toBe('terminated');
});

const ALL_ELSE: readonly [string, (session: Session) => unknown][] = [
  ['touch', (session) => session.touch()],
  ['beat', (session) => session.beat()],
  ['beatReply', (session) => session.beatReply()],
  ['run', (session) => session.run('x', () => 1)],
  ['attach', (session) => session.attach()],
  ['pause', (session) => session.pause()],
  ['resume', (session) => session.resume()],
];

test.each(ALL_ELSE)(
  'after the end, %s throws SessionTerminatedError with the reason',
  async (_name, call) => {
    const { session } = await begun();
    await session.terminate('operator');
    const error = await rejectionOf((async () => call(session))());
    expect(error).toBeInstanceOf(SessionTerminatedError);
    expect(error).toMatchObject({ reason: 'operator', retryable: false });
  },
);

test.each(ALL_ELSE)('so it does as soon as the end has begun: %s', async (_name, call) => {
  const { session } = await begun();
  const ending = session.terminate('operator');
  const error = await rejectionOf((async () => call(session))());
  expect(error).toMatchObject({ code: 'ERR_HOLDFAST_TERMINATED', reason: 'operator' });
  await ending;
});

test('the signal is aborted when the end begins, with the reason, also where it is asked for later', async () => {
  const { session } = await begun();
  const { signal } = session;
  expect([signal.aborted, session.signal === signal]).toEqual([false, true]);
  const ending = session.terminate('operator');
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toMatchObject({ reason: 'operator' });
  await ending;
  const { session: other } = await begun();
  await other.terminate();
  expect(other.signal.aborted).toBe(true);
  expect(other.signal.reason).toBeInstanceOf(SessionTerminatedError);
});

test('resume when the lifetime is over is refused, and the session ends within a tick', async () => {
  const { clock, runtime, session } = await begun();
  await clock.advance(100);
  await session.pause();
  clock.stepWall(1_000_000);
  const ignored = runtime.stats().ignored;
  expect(await rejectionOf(session.resume())).toMatchObject({ reason: 'max-lifetime' });
  expect(runtime.stats().ignored).toBe(ignored + 1);
  await clock.advance(2 * TICK);
  expect(session.state).toBe('terminated');
});

test('calls from inside an observer of the actor see what it did, and are carried out in order', async () => {
  const { session, told } = await begun();
  const calls: Promise<unknown>[] = [];
  const watching = session.actor.subscribe((snapshot) => {
    if (snapshot.value === 'paused') calls.push(session.resume());
    if (snapshot.value === 'active' && calls.length === 1) {
      calls.push(session.touch(), session.terminate('operator'));
    }
  });
  await session.pause();
  for (let done = 0; done < calls.length; done += 1) await calls[done];
  watching.unsubscribe();
  expect(calls).toHaveLength(3);
  expect(told()).toEqual([
    'active>paused',
    'paused',
    'paused>active',
    'resumed',
    'active>terminating',
    'terminating>terminated',
    'ended:operator',
  ]);
});

test('work can be started from inside an observer of the actor', async () => {
  const { clock, session, told } = await begun();
  await clock.advance(10_000 + TICK);
  let result: Promise<number> | null = null;
  session.actor.subscribe((snapshot) => {
    if (snapshot.value === 'active') result ??= session.run('x', () => 7);
  });
  await session.touch();
  expect(await result).toBe(7);
  expect(told()).toEqual(['active>idle', 'idle>active', 'operation-started', 'operation-finished']);
});

test('what an observer of the actor undoes is told after what it saw', async () => {
  const { clock, session, told } = await begun();
  const calls: Promise<void>[] = [];
  session.actor.subscribe((snapshot) => {
    if (snapshot.value === 'idle') calls.push(session.touch());
    if (snapshot.value === 'active') calls.push(session.pause());
  });
  await clock.advance(10_000 + TICK);
  await Promise.all(calls);
  expect(told()).toEqual(['active>idle', 'idle>active', 'active>paused', 'paused']);
});

test('calls from inside inspect are carried out too, even one that creates', async () => {
  const created: Promise<Session>[] = [];
  const ends: Promise<unknown>[] = [];
  let watched: Session | null = null;
  const { clock, runtime } = quietRuntime({
    inspect: (event) => {
      if (event.type !== '@xstate.event' || event.event.type !== 'session.pause') return;
      if (created.length > 0) return;
      created.push(runtime.create({ principal: 'bob' }));
      if (watched !== null) ends.push(watched.terminate('operator'));
    },
  });
  watched = await runtime.create({ principal: 'ada' });
  const paused = await standing(clock, watched.pause());
  expect(paused.is).toBe('resolved');
  expect((await created[0])?.state).toBe('active');
  expect(await Promise.all(ends)).toEqual(['operator']);
  expect(watched.info().reason).toBe('operator');
});

test('a create from the middle of another one waits its turn', async () => {
  const created: Promise<Session>[] = [];
  const { runtime } = quietRuntime({
    inspect: (event) => {
      if (event.type !== '@xstate.actor' || created.length > 0) return;
      if (event.actorRef.sessionId !== event.rootId)
        created.push(runtime.create({ principal: 'bob' }));
    },
  });
  await runtime.create({ principal: 'ada' });
  expect((await created[0])?.state).toBe('active');
  expect(runtime.stats()).toMatchObject({ resident: 2, created: 2 });
});

test('an observer of the actor that throws is reported, and neither session nor process notice', async () => {
  const { events, session } = await begun();
  const boom = new Error('boom');
  session.actor.subscribe(() => {
    throw boom;
  });
  await session.pause();
  expect(session.state).toBe('paused');
  expect(events.filter((event) => event.type === 'runtime.error')).toMatchObject([{ error: boom }]);
});

test('the view of the actor shows, and can neither send nor stop', async () => {
  const { session } = await begun();
  expect(Object.keys(session.actor).sort()).toEqual(['getSnapshot', 'id', 'logic', 'subscribe']);
  expect(session.actor.id).toBe(session.id);
});

test('an event that has no place in its state is ignored and counted', async () => {
  const { context, runtime } = openRuntime();
  const session = await runtime.create();
  const host = context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  expect(move(context, host, { type: 'session.resume', at: 0 })).toBe(false);
  expect(move(context, host, { type: 'session.cleaned' })).toBe(false);
  expect(runtime.stats().ignored).toBe(2);
  expect(move(context, host, { type: 'session.activity' })).toBe(true);
  expect(runtime.stats().ignored).toBe(2);
  expect(session.state).toBe('active');
});

test.each(['xstate.stop', 'xstate.after.5.session', 'session.unheard-of', '', null])(
  'an event of the type %j is not let in, and changes nothing',
  async (type) => {
    const { context, runtime } = openRuntime();
    const session = await runtime.create();
    const host = context.hosts.get(session.id);
    if (host === undefined) throw new Error('no host');
    const event = { type } as unknown as SessionEvent; // What untyped callers can do.
    expect(() => move(context, host, event)).toThrow(InvalidEventError);
    expect(session.state).toBe('active');
    expect(runtime.stats().ignored).toBe(0);
  },
);
