import { expect, test } from 'vitest';
import { type Session, SessionTerminatedError } from '../../../src/index.ts';
import { IdleSessions } from '../../../src/runtime/admission/eviction.ts';
import type { SessionHost } from '../../../src/runtime/host.ts';
import { openRuntime, openWork, rejectionOf, TICK } from '../fixture.ts';

// Who makes room: the session of the principal that has been idle for the longest. Presence is not work.

const IDLE = 10_000 + TICK;

/** Sessions of one principal, idle in the order in which they were made, in a runtime that has room for no more. */
const fullOfIdle = async (count: number) => {
  const { clock, context, runtime } = openRuntime({ maxPerPrincipal: count });
  const sessions: Session[] = [];
  for (let n = 0; n < count; n += 1) {
    sessions.push(await runtime.create({ principal: 'ada', beats: 'off' }));
    await clock.advance(500);
  }
  await clock.advance(IDLE);
  const one = () => runtime.create({ principal: 'ada', beats: 'off' });
  const states = () => sessions.map(({ state }) => state);
  return { clock, context, runtime, sessions, one, states };
};

const T = 'terminated';

test('the longest idle goes first', async () => {
  const { one, states } = await fullOfIdle(3);
  await one();
  expect(states()).toEqual([T, 'idle', 'idle']);
  await one();
  expect(states()).toEqual([T, T, 'idle']);
});

test('one that was active in between is idle only since', async () => {
  const { clock, sessions, one, states } = await fullOfIdle(3);
  await sessions[0]?.touch();
  await clock.advance(IDLE);
  await one();
  expect(states()).toEqual(['idle', T, 'idle']);
  await one();
  expect(states()).toEqual(['idle', T, T]);
  await one();
  expect(states()).toEqual([T, T, T]);
});

test('one that is active, paused or at work is not ended', async () => {
  const { sessions, one, states } = await fullOfIdle(4);
  await sessions[0]?.touch();
  await sessions[1]?.pause();
  const [, , busy] = sessions;
  if (busy === undefined) throw new Error('no third session');
  const work = openWork(busy);
  await one();
  expect(states()).toEqual(['active', 'paused', 'active', T]);
  expect(await rejectionOf(one())).toMatchObject({ limit: 'maxPerPrincipal' });
  work.finish('done');
});

test('an attached stream does not protect an idle session: presence is not work', async () => {
  const { sessions, one, states } = await fullOfIdle(2);
  sessions[0]?.attach();
  await one();
  expect(states()).toEqual([T, 'idle']);
});

test('one that is paused but not yet recorded as paused is no candidate', async () => {
  const { sessions, one, states } = await fullOfIdle(2);
  const paused = sessions[0]?.pause();
  expect(states()).toEqual(['idle', 'idle']);
  await one();
  await paused;
  expect(states()).toEqual(['paused', T]);
});

test('eviction ‖ touch of the victim: what was touched first stays, what was chosen first is over', async () => {
  const { sessions, one, states } = await fullOfIdle(2);
  const touched = sessions[0]?.touch();
  await one();
  await touched;
  expect(states()).toEqual(['active', T]);

  const other = await fullOfIdle(2);
  const created = other.one();
  const refusal = await rejectionOf(other.sessions[0]?.touch() ?? Promise.resolve());
  expect(refusal).toBeInstanceOf(SessionTerminatedError);
  expect(refusal).toMatchObject({ reason: 'evicted' });
  await created;
  expect(other.states()).toEqual([T, 'idle']);
});

test('eviction ‖ terminate of the victim: it ends once, with the first reason, and its slot is taken', async () => {
  const { sessions, one } = await fullOfIdle(1);
  const created = one();
  expect(await sessions[0]?.terminate()).toBe('evicted');
  expect((await created).state).toBe('active');

  const other = await fullOfIdle(1);
  const ended = other.sessions[0]?.terminate();
  expect(await rejectionOf(other.one())).toMatchObject({ code: 'ERR_HOLDFAST_CAPACITY' });
  expect(await ended).toBe('client');
});

test('a create from the middle of the victim’s own turn does not end it half', async () => {
  const { clock, context, runtime, sessions } = await fullOfIdle(1);
  const [session] = sessions;
  const asked: Promise<unknown>[] = [];
  session?.actor.subscribe(() => {
    if (asked.length > 0) return;
    asked.push(runtime.create({ principal: 'ada' }).catch((error: unknown) => error));
  });
  await session?.touch();
  await clock.settle();
  expect(await asked[0]).toMatchObject({ code: 'ERR_HOLDFAST_CAPACITY' });
  expect(session?.state).toBe('active');
  expect([context.hosts.size, context.reserved.size]).toEqual([1, 0]);
});

test('a create from an observer, before the victim has moved, does not end it half', async () => {
  const asked: Promise<unknown>[] = [];
  const { clock, context, runtime } = openRuntime({
    maxPerPrincipal: 1,
    inspect: (event) => {
      if (event.type !== '@xstate.event' || event.event.type !== 'session.activity') return;
      asked.push(runtime.create({ principal: 'ada' }).catch((error: unknown) => error));
    },
  });
  const session = await runtime.create({ principal: 'ada', beats: 'off' });
  await clock.advance(IDLE);
  await session.touch();
  await clock.settle();
  expect(asked).toHaveLength(1);
  expect(await asked[0]).toMatchObject({ code: 'ERR_HOLDFAST_CAPACITY' });
  expect(session.state).toBe('active');
  expect(await session.terminate()).toBe('client');
  expect(context.hosts.size).toBe(0);
});

test('nothing of ended sessions is kept, whatever ended them', async () => {
  const { clock, context, runtime, sessions, one } = await fullOfIdle(3);
  expect(context.idle.size).toBe(3);
  await one();
  await sessions[1]?.terminate();
  await sessions[2]?.pause();
  expect(context.idle.size).toBe(0);
  await clock.advance(200_000);
  expect(context.idle.size).toBe(0);
  expect(runtime.stats().resident).toBe(0);
});

test('choosing is O(1): of 10,000 idle sessions one is looked at', async () => {
  const { context } = await fullOfIdle(1);
  const [host] = context.hosts.values();
  if (host === undefined) throw new Error('no host');
  let looks = 0;
  const watched = (state: string): SessionHost =>
    new Proxy(host, {
      get: (target, name) => {
        if (name !== 'state') return Reflect.get(target, name, target);
        looks += 1;
        return state;
      },
    });
  const idle = new IdleSessions(false);
  const first = watched('idle');
  idle.shown(first, 'idle');
  for (let n = 1; n < 10_000; n += 1) idle.shown(watched('idle'), 'idle');
  expect(idle.longest('ada')).toBe(first);
  expect(looks).toBe(1);
  for (let n = 0; n < 100; n += 1) idle.longest('ada');
  expect(looks).toBe(101);

  // Those that are on their way elsewhere are passed by once, however often somebody asks.
  const moving = new IdleSessions(false);
  for (let n = 0; n < 1_000; n += 1) moving.shown(watched('paused'), 'idle');
  moving.shown(first, 'idle');
  looks = 0;
  for (let n = 0; n < 100; n += 1) expect(moving.longest('ada')).toBe(first);
  expect(looks).toBe(1_100);
});
