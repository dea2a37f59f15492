import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/index.ts';
import {
  faultyRuntime,
  openRuntime,
  quietRuntime,
  rejectionOf,
  toldOf,
  toldOfItself,
} from '../fixture.ts';

// Listeners are other people's code: what they throw, reject or change while they are told hurts nobody.

const boom = new Error('boom');
const rejecting = async (): Promise<never> => {
  await Promise.resolve();
  throw boom;
};

const reportsOf = (events: readonly object[]) =>
  events.flatMap((event) =>
    'where' in event && 'error' in event ? [{ where: event.where, error: event.error }] : [],
  );

test('an async listener of a session that rejects is reported, for each event', async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create();
  session.subscribe(rejecting);
  await session.pause();
  await clock.settle();
  expect(reportsOf(events)).toEqual([
    { where: 'a listener of session.state-changed', error: boom },
    { where: 'a listener of session.paused', error: boom },
  ]);
  await session.resume();
  expect(session.state).toBe('active');
});

test('… one of the runtime too, at what a session tells and at what it tells of itself', async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create();
  runtime.subscribe(async (event) => {
    if (event.type === 'session.attached' || event.type === 'runtime.draining') await rejecting();
  });
  session.attach();
  await runtime.close();
  await clock.settle();
  expect(reportsOf(events)).toEqual([
    { where: 'a listener of session.attached', error: boom },
    { where: 'a listener of runtime.draining', error: boom },
  ]);
});

test('… one that rejects at everything, the report of itself included, has its say once an event', async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create();
  runtime.subscribe(rejecting);
  session.attach();
  await clock.settle();
  await clock.advance(1_000);
  expect(toldOfItself(events)).toEqual(['runtime.error']);
});

test('… one of an actor', async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create();
  session.actor.subscribe(rejecting);
  await session.pause();
  await clock.settle();
  expect(reportsOf(events)).toEqual([
    { where: `a listener of the actor ${session.id}`, error: boom },
  ]);
  expect(session.state).toBe('paused');
});

test('… and an inspector, be it a function or an observer', async () => {
  for (const inspect of [rejecting, { next: rejecting }]) {
    const { clock, runtime, events } = quietRuntime({ inspect });
    const session = await runtime.create();
    await session.pause();
    await clock.settle();
    const reports = reportsOf(events);
    expect(reports.length).toBeGreaterThan(0);
    for (const report of reports) expect(report).toEqual({ where: 'inspect', error: boom });
    expect(session.state).toBe('paused');
  }
});

test('a listener that ends its subscription and subscribes anew while it is told hears each event once', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const heard: string[] = [];
  const subscribers = {
    session: () =>
      session.subscribe((event) => {
        stop.session();
        heard.push(`session ${event.type}`);
        // Without a bound a runaway would never end.
        if (heard.length < 50) stop.session = subscribers.session();
      }),
    runtime: () =>
      runtime.subscribe((event) => {
        stop.runtime();
        heard.push(`runtime ${event.type}`);
        if (heard.length < 50) stop.runtime = subscribers.runtime();
      }),
  };
  const stop = { session: subscribers.session(), runtime: subscribers.runtime() };
  session.attach();
  expect(heard).toEqual(['session session.attached', 'runtime session.attached']);
  session.attach();
  expect(heard).toHaveLength(4);
});

test('… at what the runtime tells of itself as well', async () => {
  const { runtime } = quietRuntime();
  let heard = 0;
  const subscribe = () => {
    const stop = runtime.subscribe(() => {
      stop();
      heard += 1;
      if (heard < 50) subscribe();
    });
  };
  subscribe();
  await runtime.close();
  expect(heard).toBe(1);
});

test('a listener added while an event is told does not hear that one, but the next', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const heard: string[] = [];
  let added = false;
  session.subscribe((event) => {
    if (added) return;
    added = true;
    session.subscribe((later) => heard.push(`session ${later.seq - event.seq}`));
    runtime.subscribe((later) => {
      if ('seq' in later) heard.push(`runtime ${later.seq - event.seq}`);
    });
  });
  session.attach();
  expect(heard).toEqual([]);
  session.attach();
  expect(heard).toEqual(['session 1', 'runtime 1']);
});

test('a listener that is taken out while an event is told may still hear that one, and never the next', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  let heard = 0;
  const stops: (() => void)[] = [];
  session.subscribe(() => {
    for (const stop of stops) stop();
  });
  stops.push(
    session.subscribe(() => {
      heard += 1;
    }),
  );
  session.attach();
  const soFar = heard;
  session.attach();
  expect(heard).toBe(soFar);
});

test('while the store fails a session keeps so many events and no more, and says how many it left out', async () => {
  const { clock, runtime, store, events } = faultyRuntime();
  const session = await runtime.create({ beats: 'off' });
  await session.pause();
  store.break('fail');
  await rejectionOf(session.resume());
  await clock.advance(LIMITS.untoldWaitMs);
  const told = toldOf(events, session.id).length;
  const operations = LIMITS.untoldEvents;
  for (let run = 0; run < operations; run += 1) await session.run('work', () => run);
  expect(toldOf(events, session.id)).toHaveLength(told);
  store.heal();
  await clock.advance(5_000);
  expect(toldOf(events, session.id)).toHaveLength(told + LIMITS.untoldEvents);
  const reports = reportsOf(events).filter(({ where }) => where !== 'sweep');
  // Two waited for the commit already, and each operation has two to tell.
  const leftOut = 2 + 2 * operations - LIMITS.untoldEvents;
  expect(reports).toMatchObject([
    {
      where: `the session plane of ${session.id}`,
      error: { message: expect.stringContaining(`${leftOut} events were left out`) },
    },
  ]);
  const numbers = events.flatMap((event) => ('seq' in event ? [event.seq] : []));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test('… what it keeps is bounded while it goes on, and no change of state is left out', async () => {
  const { clock, context, runtime, events } = openRuntime();
  const session = await runtime.create({ beats: 'off' });
  await session.pause();
  const { store } = context;
  const commit = store.commit.bind(store);
  store.commit = () => Promise.reject(new Error('disk full'));
  await rejectionOf(session.resume());
  await clock.advance(LIMITS.untoldWaitMs);
  for (let run = 0; run < LIMITS.untoldEvents; run += 1) await session.run('work', () => run);
  const host = context.hosts.get(session.id);
  expect(host?.untold.size).toBe(LIMITS.untoldEvents);
  await clock.advance(11_000);
  await session.touch();
  expect(host?.untold.size).toBe(LIMITS.untoldEvents + 2);
  store.commit = commit;
  await clock.advance(30_000);
  expect(
    toldOf(events, session.id)
      .filter((one) => one.includes('>'))
      .slice(2),
  ).toEqual(['paused>active', 'active>idle', 'idle>active', 'active>idle']);
});
