import { expect, test } from 'vitest';
import type { LifecycleEvent, Session, SessionLifecycleEvent } from '../../../src/index.ts';
import { createRuntime } from '../../../src/index.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { faultyRuntime, quietRuntime, TICK, toldOf, toldOfItself } from '../fixture.ts';

const begun = async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  return { clock, runtime, events, session };
};

test('an event says whose it is, when, and which of its session it is', async () => {
  const { clock, session, events } = await begun();
  expect(events).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
  clock.stepWall(1_234);
  await session.pause();
  const event = events.at(-1);
  expect(event).toEqual({
    type: 'session.paused',
    id: session.id,
    principal: 'ada',
    seq: 5,
    at: clock.wall(),
  });
  expect(Object.isFrozen(event)).toBe(true);
});

test('events are numbered without a hole even where nobody listens', async () => {
  const runtime = createRuntime({ clock: createVirtualClock() });
  const session = await runtime.create();
  const heard: number[] = [];
  await session.pause();
  session.subscribe((event) => heard.push(event.seq));
  await session.resume();
  expect(heard).toEqual([6, 7]);
});

test('the time of an event is when it happened, though it is told after its commit', async () => {
  const { clock, runtime, store, events } = faultyRuntime({ delayMs: [40, 40] });
  const created = runtime.create();
  await clock.advance(40);
  const session = await created;
  const asked = clock.wall();
  const paused = session.pause();
  await clock.advance(40);
  await paused;
  expect(store.calls).toBe(2);
  expect(events.at(-1)).toMatchObject({ type: 'session.paused', at: asked });
});

test('a subscription hears one session, from now on, until it is ended', async () => {
  const { runtime, session } = await begun();
  const other = await runtime.create();
  const heard: string[] = [];
  const stop = session.subscribe((event) => heard.push(event.type));
  await other.pause();
  session.attach();
  stop();
  stop();
  session.attach();
  expect(heard).toEqual(['session.attached']);
});

test('a listener given twice is heard twice, and each subscription ends by itself', async () => {
  const { runtime, session } = await begun();
  let heard = 0;
  const count = () => {
    heard += 1;
  };
  const stops = [session.subscribe(count), session.subscribe(count), runtime.subscribe(count)];
  stops.push(runtime.subscribe(count));
  session.attach();
  expect(heard).toBe(4);
  stops[0]?.();
  session.attach();
  expect(heard).toBe(7);
  stops[2]?.();
  session.attach();
  expect(heard).toBe(9);
});

test('a listener that throws is reported, and neither the others nor the session notice', async () => {
  const { session, events, runtime } = await begun();
  const boom = new Error('boom');
  const heard: string[] = [];
  const failing = () => {
    throw boom;
  };
  session.subscribe(failing);
  session.subscribe((event) => heard.push(event.type));
  await session.pause();
  expect(session.state).toBe('paused');
  expect(heard).toEqual(['session.state-changed', 'session.paused']);
  const reports = events.filter((event) => event.type === 'runtime.error');
  expect(reports).toMatchObject([{ error: boom }, { error: boom }]);
  runtime.subscribe(failing);
  session.attach();
  expect(toldOfItself(events)).toHaveLength(4);
});

test('a listener that throws at what the runtime tells of itself is reported too', async () => {
  const { runtime, events } = await begun();
  const boom = new Error('boom');
  runtime.subscribe((event) => {
    if (event.type === 'runtime.draining') throw boom;
  });
  await runtime.close();
  expect(toldOfItself(events)).toEqual(['runtime.draining', 'runtime.error']);
});

test('a listener that throws at everything, the report of itself included, stops nothing', async () => {
  const { runtime, session, events } = await begun();
  runtime.subscribe(() => {
    throw new Error('always');
  });
  await session.pause();
  expect(session.state).toBe('paused');
  expect(toldOfItself(events)).toEqual(['runtime.error', 'runtime.error']);
});

test('whatever listeners do meanwhile, every listener hears the events in the order of their numbers', async () => {
  const { runtime, session } = await begun();
  const first: number[] = [];
  const second: number[] = [];
  let attached = false;
  session.subscribe((event) => {
    first.push(event.seq);
    if (attached) return;
    attached = true;
    // In the middle of an event: another one that needs no commit.
    session.attach();
  });
  session.subscribe((event) => second.push(event.seq));
  const third: number[] = [];
  runtime.subscribe((event) => {
    if ('seq' in event) third.push(event.seq);
  });
  await session.pause();
  expect([first, second, third]).toEqual([
    [4, 5, 6],
    [4, 5, 6],
    [4, 5, 6],
  ]);
});

test('what a listener of its birth makes a session do is told after its birth', async () => {
  const { runtime, events } = quietRuntime();
  const seen: string[] = [];
  runtime.subscribe((event: LifecycleEvent) => {
    if (event.type !== 'session.created') return;
    runtime.get(event.id).then((session) => {
      seen.push(session.state);
      session.attach();
    });
  });
  const session = await runtime.create();
  await session.pause();
  expect(seen).toEqual(['active']);
  expect(toldOf(events, session.id)).toEqual([
    'created',
    'ready',
    'initializing>active',
    'attached',
    'active>paused',
    'paused',
  ]);
});

test('a listener that pauses a session as it wakes is told of both, in order', async () => {
  const { clock, session, events } = await begun();
  const pauses: Promise<void>[] = [];
  session.subscribe((event) => {
    if (event.type !== 'session.state-changed' || event.to !== 'active') return;
    session.attach();
    pauses.push(session.pause());
    session.attach();
  });
  await clock.advance(10_000 + TICK);
  await session.touch();
  await Promise.all(pauses);
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'active>idle',
    'idle>active',
    'attached',
    'active>paused',
    'paused',
    'attached',
  ]);
  expect(session.state).toBe('paused');
});

test('while a commit is awaited, what needs none keeps its place behind it', async () => {
  const { clock, runtime, store, events } = faultyRuntime();
  const session: Session = await runtime.create({ beats: 'off' });
  store.break('stall');
  const paused = session.pause();
  session.attach();
  const heard: SessionLifecycleEvent[] = [];
  session.subscribe((event) => heard.push(event));
  await clock.advance(1_000);
  expect(heard).toEqual([]);
  expect(session.state).toBe('active');
  store.heal();
  await paused;
  expect(toldOf(events, session.id).slice(3)).toEqual(['active>paused', 'paused', 'attached']);
});

test('what a commit did not carry waits for the next one', async () => {
  const { clock, runtime, events, store } = faultyRuntime({ delayMs: [40, 40] });
  const created = runtime.create();
  await clock.advance(40);
  const session = await created;
  const calls = [session.pause(), session.resume()];
  await clock.advance(40);
  expect(toldOf(events, session.id).slice(3)).toEqual(['active>paused', 'paused']);
  expect(session.state).toBe('paused');
  await clock.advance(40);
  await Promise.all(calls);
  expect(toldOf(events, session.id).slice(5)).toEqual(['paused>active', 'resumed']);
  expect(store.calls).toBe(3);
});

test('a commit counts only what it carried, though listeners added to the row before it', async () => {
  const { clock, runtime, events } = faultyRuntime({ delayMs: [40, 40] });
  const created = runtime.create();
  await clock.advance(40);
  const session = await created;
  const calls: Promise<void>[] = [];
  session.subscribe((event) => {
    if (event.type !== 'session.attached' || event.presences > 1) return;
    session.attach();
    calls.push(session.pause());
  });
  session.attach();
  calls.push(session.resume());
  await clock.advance(40);
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'attached',
    'attached',
    'active>paused',
    'paused',
  ]);
  await clock.advance(40);
  await Promise.all(calls);
  expect(session.state).toBe('active');
});
