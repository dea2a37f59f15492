import { expect, test } from 'vitest';
import { createMemoryStore, type SessionLifecycleEvent } from '../../../src/index.ts';
import {
  faultyRuntime,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  toldOf,
} from '../fixture.ts';

// One commit has several events. A verb that a listener calls between them begins the next commit before the
// first one is told to its end; what that commit does not carry must not be told with it.

/** A runtime whose commits go through one at a time, when the test says so. */
const gated = async () => {
  const memory = createMemoryStore();
  const commit = memory.commit.bind(memory);
  const waiting: (() => void)[] = [];
  memory.commit = async (held, change) => {
    await new Promise<void>((go) => waiting.push(go));
    return commit(held, change);
  };
  const { clock, runtime, events } = quietRuntime({ store: memory });
  const session = await runtime.create({ principal: 'ada' });
  const told = () => toldOf(events, session.id).slice(3);
  /** Lets the commit that waits go through. */
  const next = async () => {
    expect(waiting).toHaveLength(1);
    waiting.shift()?.();
    await clock.settle();
  };
  /** Does this the first time the session tells that it came to that state. */
  const once = (state: string, act: (event: SessionLifecycleEvent) => void) => {
    let done = false;
    session.subscribe((event) => {
      if (done || event.type !== 'session.state-changed' || event.to !== state) return;
      done = true;
      act(event);
    });
  };
  return { clock, memory, session, told, next, once };
};

test('a resume and a pause called while a pause is told are each told with their own commit', async () => {
  const { clock, memory, session, told, next, once } = await gated();
  const calls: Promise<void>[] = [];
  once('paused', () => calls.push(session.resume(), session.pause()));
  calls.push(session.pause());
  await clock.settle();

  await next();
  expect(told()).toEqual(['active>paused', 'paused']);
  await next();
  expect(told().slice(2)).toEqual(['paused>active', 'resumed']);
  expect([session.state, (await recordOf(memory, session.id)).state]).toEqual(['active', 'active']);
  await next();
  expect(told().slice(4)).toEqual(['active>paused', 'paused']);
  await Promise.all(calls);
  expect([session.state, (await recordOf(memory, session.id)).state]).toEqual(['paused', 'paused']);
});

test('an end called while a pause is told is not told, seen or waited for before its commit', async () => {
  const { clock, memory, session, told, next, once } = await gated();
  const over = session.waitFor('terminated');
  once('paused', () => {
    session.resume().catch(() => undefined);
    session.terminate().catch(() => undefined);
  });
  session.pause().catch(() => undefined);
  await clock.settle();

  await next();
  // The next attempt was begun by the resume, so it carries that and not the end.
  await next();
  expect((await recordOf(memory, session.id)).state).not.toBe('terminated');
  expect(session.state).toBe('active');
  expect(told()).toEqual(['active>paused', 'paused', 'paused>active', 'resumed']);
  expect((await standing(clock, over)).is).toBe('pending');
  await next();
  expect(await over).toBe('terminated');
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
  expect(told().at(-1)).toBe('ended:client');
});

test('an end called in the middle of several changes is not told while the store has never heard of it', async () => {
  const { clock, memory, session, told, next, once } = await gated();
  const over = session.waitFor('terminated');
  once('active', () => {
    session.resume().catch(() => undefined);
    session.terminate().catch(() => undefined);
  });
  for (const verb of ['pause', 'resume', 'pause'] as const) session[verb]().catch(() => undefined);
  await clock.settle();

  // The first carries the pause; the second a resume and a pause, and is being told when the end is called.
  await next();
  await next();
  await next();
  expect((await recordOf(memory, session.id)).state).toBe('active');
  expect(told().slice(4)).toEqual(['active>paused', 'paused', 'paused>active', 'resumed']);
  expect((await standing(clock, over)).is).toBe('pending');
  await next();
  expect(await over).toBe('terminated');
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
  expect(told().slice(8)).toEqual(['active>terminating', 'terminating>terminated', 'ended:client']);
});

test('where that commit fails, nothing of it is told until one succeeds', async () => {
  const { clock, runtime, store, memory, events } = faultyRuntime();
  const session = await runtime.create();
  let end: Promise<unknown> | null = null;
  session.subscribe((event) => {
    if (event.type !== 'session.state-changed' || event.to !== 'paused' || end !== null) return;
    store.break('fail');
    session.resume().catch(() => undefined);
    end = rejectionOf(session.terminate());
  });
  await session.pause();
  await clock.settle();
  expect(await end).toMatchObject({ code: 'ERR_HOLDFAST_STORE' });
  expect(toldOf(events, session.id).slice(3)).toEqual(['active>paused', 'paused']);
  expect([session.state, (await recordOf(memory, session.id)).state]).toEqual(['paused', 'paused']);
  store.heal();
  await clock.advance(1_000);
  expect(session.info().reason).toBe('client');
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
});

test('the state shown is never ahead of the store, whatever listeners do in the middle of it', async () => {
  const { clock, memory, session, next, once } = await gated();
  const seen: string[] = [];
  // A listener looks at the store while it is told: what it hears must be in there.
  session.subscribe((event) => {
    if (event.type !== 'session.state-changed') return;
    const { to } = event;
    memory.load(session.id).then((record) => seen.push(`${to}:${record?.state}`));
  });
  once('paused', () => {
    session.resume().catch(() => undefined);
    session.pause().catch(() => undefined);
    session.attach();
  });
  session.pause().catch(() => undefined);
  await clock.settle();
  for (let commits = 0; commits < 3; commits += 1) await next();
  expect(seen).toEqual(['paused:paused', 'active:active', 'paused:paused']);
});
