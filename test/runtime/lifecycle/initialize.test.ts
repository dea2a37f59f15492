import { expect, test } from 'vitest';
import {
  createMemoryStore,
  Fenced,
  InitializeError,
  LIMITS,
  type Runtime,
  type RuntimeOptions,
  type Session,
  SessionTerminatedError,
  StoreError,
  TimeoutError,
} from '../../../src/index.ts';
import {
  faultyRuntime,
  noted,
  quietRuntime,
  recordOf,
  rejectionOf,
  TICK,
  toldOf,
} from '../fixture.ts';

// `initialize` is the one callback that can fail a session: nobody gets one that is not ready.

/** A runtime whose sessions stay in `initialize` until the test says what becomes of it. */
const held = (options: RuntimeOptions = {}, faults: Parameters<typeof faultyRuntime>[0] = {}) => {
  const inside: { session: Session; signal: AbortSignal }[] = [];
  const cleaned: string[] = [];
  let finish: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const world = faultyRuntime(faults, {
    initialize: (session, signal) => {
      inside.push({ session, signal });
      return new Promise<void>((resolve, reject) => {
        [finish, fail] = [resolve, reject];
      });
    },
    cleanup: (session, reason) => {
      cleaned.push(`${session.state} ${reason}`);
    },
    ...options,
  });
  /** Begins a create, up to the callback. */
  const start = async (runtime: Runtime = world.runtime) => {
    const created = runtime.create({ principal: 'ada' });
    created.catch(() => undefined);
    await world.clock.settle();
    const { session, signal } = inside.at(-1) ?? {};
    if (session === undefined || signal === undefined) throw new Error('not begun');
    return { created, session, signal };
  };
  return { ...world, cleaned, start, finish: () => finish(), fail: (e: unknown) => fail(e) };
};

test('nobody gets a session before it is ready; both steps are recorded, and told in order', async () => {
  const calls: string[] = [];
  const seen: string[] = [];
  const { runtime, events } = quietRuntime({
    store: noted(createMemoryStore(), calls),
    initialize: async (session) => {
      seen.push(session.state, ...calls);
    },
  });
  const session = await runtime.create({ principal: 'ada' });
  expect(seen).toEqual(['initializing', 'create']);
  expect(calls).toEqual(['create', 'commit']);
  expect(session.state).toBe('active');
  expect(toldOf(events, session.id)).toEqual(['created', 'ready', 'initializing>active']);
});

test('without one, create is one commit', async () => {
  const calls: string[] = [];
  const { runtime } = quietRuntime({ store: noted(createMemoryStore(), calls) });
  await runtime.create();
  expect(calls).toEqual(['create']);
});

test.each(['at once', 'later'])(
  'one that throws %s fails the session, which ends',
  async (when) => {
    const boom = new Error('no such workspace');
    const throwing = () => {
      throw boom;
    };
    const world = held({ initialize: when === 'later' ? async () => throwing() : throwing });
    const { runtime, memory, events, cleaned } = world;
    const error = await rejectionOf(runtime.create({ principal: 'ada' }));
    expect(error).toBeInstanceOf(InitializeError);
    expect(error).toHaveProperty('cause', boom);
    expect(runtime.stats()).toMatchObject({ resident: 0, ended: { 'init-failed': 1 } });
    const { sessions } = await runtime.list();
    const id = sessions[0]?.id ?? '';
    expect(toldOf(events, id)).toEqual([
      'created',
      'initializing>terminating',
      'terminating>terminated',
      'ended:init-failed',
    ]);
    expect((await recordOf(memory, id)).session.reason).toBe('init-failed');
    expect(cleaned).toEqual(['terminating init-failed']);
  },
);

test('it has 30 s; then its signal is aborted and the session ends, whatever it goes on doing', async () => {
  const { clock, start, runtime, cleaned, fail } = held();
  const { created, signal } = await start();
  const failed = rejectionOf(created);
  await clock.advance(LIMITS.initTimeoutMs - 1);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toBeInstanceOf(TimeoutError);
  expect(await failed).toMatchObject({ name: 'InitializeError', cause: signal.reason });
  expect(cleaned).toEqual(['terminating init-failed']);
  expect(runtime.stats().resident).toBe(0);
  // An unhandled rejection here would fail the run.
  fail(new Error('too late'));
  await clock.settle();
});

test.each([[1_000], ['off']] as const)('initTimeoutMs: %s', async (initTimeoutMs) => {
  const { clock, start, finish } = held({ initTimeoutMs });
  const { created, signal } = await start();
  await clock.advance(100_000);
  expect(signal.aborted).toBe(initTimeoutMs !== 'off');
  finish();
  if (initTimeoutMs === 'off') expect((await created).state).toBe('active');
  else expect(await rejectionOf(created)).toBeInstanceOf(InitializeError);
});

test('however long it takes, it is not the silence of the client', async () => {
  const { clock, start, finish } = held({ initTimeoutMs: 'off' });
  const { created } = await start();
  await clock.advance(500_000);
  finish();
  const session = await created;
  await clock.advance(9_000);
  expect(session.state).toBe('active');
  await clock.advance(1_000 + TICK);
  expect(session.state).toBe('idle');
});

test('terminate while initializing: create rejects, the signal is aborted, cleanup runs', async () => {
  const { clock, start, runtime, cleaned, events } = held();
  const { created, session, signal } = await start();
  const known = await runtime.get(session.id);
  expect(await known.terminate('operator')).toBe('operator');
  const error = await rejectionOf(created);
  expect(error).toBeInstanceOf(SessionTerminatedError);
  expect(error).toMatchObject({ reason: 'operator' });
  expect(signal.reason).toMatchObject({ reason: 'operator' });
  expect(cleaned).toEqual(['terminating operator']);
  expect(toldOf(events, session.id)).toEqual([
    'created',
    'initializing>terminating',
    'terminating>terminated',
    'ended:operator',
  ]);
  await clock.advance(LIMITS.initTimeoutMs);
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { operator: 1 } });
});

test('one that terminates its own session, and waits for that, holds nothing', async () => {
  const { runtime } = quietRuntime({
    initialize: async (session) => {
      await session.terminate();
    },
  });
  expect(await rejectionOf(runtime.create())).toMatchObject({ reason: 'client' });
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { client: 1 } });
});

test('its lifetime can end a session that is being initialized', async () => {
  const { clock, start, cleaned } = held({ initTimeoutMs: 'off' });
  const { created, signal } = await start();
  await clock.advance(1_000_000 + LIMITS.tickMs);
  expect(await rejectionOf(created)).toMatchObject({ reason: 'max-lifetime' });
  expect([signal.aborted, cleaned]).toEqual([true, ['terminating max-lifetime']]);
});

test('a drain ends a session that is being initialized', async () => {
  const { start, runtime } = held();
  const { created, signal } = await start();
  const report = await runtime.close();
  expect(report).toMatchObject({ ended: 1, left: [] });
  expect(await rejectionOf(created)).toMatchObject({ reason: 'shutdown' });
  expect(signal.aborted).toBe(true);
});

test('meanwhile a session can be given messages, data and work, and all of it stays', async () => {
  const { runtime, memory } = faultyRuntime(
    {},
    {
      initialize: async (session) => {
        await session.append({ role: 'system', content: 'Be brief.' });
        await session.update(() => ({ ready: true }));
        expect(await session.run('look', () => 'seen')).toBe('seen');
        await session.touch();
        session.beat();
        session.attach();
        expect(session.state).toBe('initializing');
      },
    },
  );
  const session = await runtime.create();
  expect(session.data).toEqual({ ready: true });
  expect((await session.messages()).messages).toHaveLength(1);
  expect((await recordOf(memory, session.id)).session.data).toEqual({ ready: true });
});

test('a session whose readiness is not recorded is not given out, and ends', async () => {
  const { clock, start, finish, store, runtime, memory } = held();
  const { created, session } = await start();
  store.break('fail');
  finish();
  expect(await rejectionOf(created)).toBeInstanceOf(StoreError);
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect((await recordOf(memory, session.id)).session.reason).toBe('init-failed');
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { 'init-failed': 1 } });
});

test('a failure that is not recorded is told all the same, and recorded later', async () => {
  const { clock, start, fail, store, runtime, memory, cleaned } = held();
  const { created, session } = await start();
  store.break('fail');
  fail(new Error('boom'));
  expect(await rejectionOf(created)).toBeInstanceOf(InitializeError);
  expect([runtime.stats().resident, cleaned]).toEqual([1, []]);
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
  expect(cleaned).toEqual(['terminating init-failed']);
});

test('an answer that was lost: the session is ready all the same', async () => {
  const { start, finish, store } = held({}, { only: (method) => method === 'commit' });
  const { created } = await start();
  store.break('lose-answer');
  finish();
  expect((await created).state).toBe('active');
});

test('another owner wins it meanwhile: create rejects, and no cleanup runs', async () => {
  const { clock, start, memory, cleaned, finish } = held();
  const { created, session, signal } = await start();
  await memory.release(await recordOf(memory, session.id));
  await memory.claim(session.id, 'another process');
  expect(await rejectionOf(session.update(() => ({})))).toBeInstanceOf(Fenced);
  expect(signal.aborted).toBe(true);
  expect(await rejectionOf(created)).toBeInstanceOf(Fenced);
  finish();
  await clock.advance(LIMITS.initTimeoutMs);
  expect(cleaned).toEqual([]);
  expect((await recordOf(memory, session.id)).owner).toBe('another process');
});
