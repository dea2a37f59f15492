import { expect, test } from 'vitest';
import {
  createMemoryStore,
  Fenced,
  LIMITS,
  type RuntimeOptions,
  SessionTerminatedError,
  TimeoutError,
} from '../../../src/index.ts';
import { commit } from '../../../src/runtime/commits/commits.ts';
import {
  crashingOn,
  faultyRuntime,
  noted,
  openRuntime,
  openWork,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  TICK,
  toldOf,
} from '../fixture.ts';

// `cleanup` lets go of what a session held: once its end is recorded, before its tombstone, whatever becomes of it.

const hang = () => new Promise<void>(() => undefined);

const begun = async (options: RuntimeOptions = {}) => {
  const calls: string[] = [];
  const errors: { where: string; error: unknown }[] = [];
  const signals: AbortSignal[] = [];
  const { cleanup, ...others } = options;
  const world = faultyRuntime(
    {},
    {
      cleanup: async (session, reason, signal) => {
        signals.push(signal);
        calls.push(`cleanup ${session.state} ${reason}`);
        await cleanup?.(session, reason, signal);
      },
      hooks: {
        onTerminated: (_, reason) => {
          calls.push(`onTerminated ${reason}`);
        },
        onError: (error, { where }) => {
          errors.push({ where, error });
        },
      },
      ...others,
    },
  );
  const session = await world.runtime.create({ principal: 'ada', beats: 'off' });
  return { ...world, calls, errors, signals, session };
};

test('it runs when the end is recorded, then onTerminated, then the tombstone is written', async () => {
  const states: string[] = [];
  const world = await begun({
    cleanup: async ({ id }) => {
      states.push((await recordOf(world.memory, id)).state);
    },
  });
  const { session, calls, memory, signals } = world;
  await session.terminate('operator');
  expect(states).toEqual(['terminating']);
  expect(calls).toEqual(['cleanup terminating operator', 'onTerminated operator']);
  expect((await recordOf(memory, session.id)).state).toBe('terminated');
  expect(signals[0]?.aborted).toBe(false);
});

test.each<[string, RuntimeOptions, number]>([
  ['nothing', {}, 1],
  ['hooks that only watch', { hooks: { onCreated: hang, onStateChanged: () => undefined } }, 1],
  ['a cleanup', { cleanup: () => undefined }, 2],
  ['an onTerminated', { hooks: { onTerminated: () => undefined } }, 2],
])('an end with %s is recorded in so many commits', async (_, options, commits) => {
  const calls: string[] = [];
  const { clock, runtime } = quietRuntime({ store: noted(createMemoryStore(), calls), ...options });
  const session = await runtime.create();
  calls.length = 0;
  const end = session.terminate();
  await clock.advance(LIMITS.hookTimeoutMs);
  await end;
  expect(calls).toEqual(Array.from({ length: commits }, () => 'commit'));
});

test('the end is shown when it is over; all stops at once all the same', async () => {
  let go = (): void => undefined;
  const { clock, session, events, runtime } = await begun({
    cleanup: () =>
      new Promise((resolve) => {
        go = resolve;
      }),
  });
  const work = openWork(session);
  const { signal } = session;
  const end = session.terminate();
  expect([signal.aborted, work.aborted()]).toEqual([true, true]);
  expect((await standing(clock, end)).is).toBe('pending');
  expect([session.state, runtime.stats().resident]).toEqual(['terminating', 1]);
  const late = session.append({ role: 'user', content: 'x' });
  expect(await rejectionOf(late)).toBeInstanceOf(SessionTerminatedError);
  expect((await standing(clock, session.terminate('operator'))).is).toBe('pending');
  go();
  expect(await end).toBe('client');
  expect(toldOf(events, session.id).slice(-3)).toEqual([
    'active>terminating',
    'terminating>terminated',
    'ended:client',
  ]);
});

test.each(['at once', 'later'])(
  'one that throws %s is reported, and the end goes on',
  async (when) => {
    const boom = new Error('boom');
    const throwing = () => {
      throw boom;
    };
    const world = faultyRuntime(
      {},
      { cleanup: when === 'later' ? async () => throwing() : throwing },
    );
    const session = await world.runtime.create();
    expect(await session.terminate()).toBe('client');
    expect(session.state).toBe('terminated');
    expect(world.events.filter(({ type }) => type === 'runtime.error')).toMatchObject([
      { where: `cleanup of ${session.id}`, error: boom },
    ]);
  },
);

test('one that hangs has 5 s, then its signal; the end goes on', async () => {
  const { clock, session, calls, errors, signals } = await begun({ cleanup: hang });
  const end = session.terminate();
  await clock.advance(LIMITS.cleanupTimeoutMs - 1);
  expect([signals[0]?.aborted, calls.length]).toEqual([false, 1]);
  await clock.advance(1);
  expect(await end).toBe('client');
  expect(signals[0]?.reason).toBeInstanceOf(TimeoutError);
  expect(errors).toEqual([{ where: 'cleanup', error: signals[0]?.reason }]);
  expect(calls).toEqual(['cleanup terminating client', 'onTerminated client']);
});

test('cleanupTimeoutMs is how long that is, and off is as long as it takes', async () => {
  const short = await begun({ cleanup: hang, cleanupTimeoutMs: 10 });
  const end = short.session.terminate();
  await short.clock.advance(10);
  expect(await end).toBe('client');
  const off = await begun({ cleanup: hang, cleanupTimeoutMs: 'off' });
  const never = off.session.terminate();
  await off.clock.advance(1_000_000);
  expect((await standing(off.clock, never)).is).toBe('pending');
});

test('cleanup that hangs in drain: the sessions end, and the drain is done', async () => {
  const { clock, runtime, session, calls } = await begun({ cleanup: hang });
  const report = runtime.close();
  await clock.advance(LIMITS.cleanupTimeoutMs);
  expect(await report).toMatchObject({ ended: 1, left: [] });
  expect(session.state).toBe('terminated');
  expect(calls).toEqual(['cleanup terminating shutdown', 'onTerminated shutdown']);
});

test('a deadline and a crash have it run too, with their reasons', async () => {
  const { clock, session, calls } = await begun();
  await clock.advance(60_000 + TICK);
  expect([session.state, calls]).toEqual([
    'terminated',
    ['cleanup terminating idle-timeout', 'onTerminated idle-timeout'],
  ]);
  const reasons: string[] = [];
  const { runtime } = openRuntime(
    {
      cleanup: (_, reason) => {
        reasons.push(reason);
      },
    },
    crashingOn('session.pause'),
  );
  const crashing = await runtime.create({ principal: 'mallory' });
  await rejectionOf(crashing.pause());
  expect(await crashing.terminate()).toBe('crashed');
  expect([reasons, crashing.state]).toEqual([['crashed'], 'terminated']);
});

test('it waits for the end to be recorded, however often that fails, and runs once', async () => {
  const { clock, session, store, calls } = await begun({
    // The tombstone fails too.
    cleanup: () => store.break('fail'),
  });
  store.break('fail');
  await rejectionOf(session.terminate());
  await clock.advance(10_000);
  expect(calls).toEqual([]);
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect(calls).toEqual(['cleanup terminating client', 'onTerminated client']);
  expect(session.state).toBe('terminating');
  await clock.advance(10_000);
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect([session.state, calls.length]).toEqual(['terminated', 2]);
});

test('work that ends while it runs is recorded and changes nothing of it', async () => {
  let go = (): void => undefined;
  const { clock, session, calls, memory } = await begun({
    cleanup: () =>
      new Promise((resolve) => {
        go = resolve;
      }),
    operations: {
      slow: (_, { signal }) =>
        new Promise((_r, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    },
  });
  const work = rejectionOf(session.run('slow', null, { durable: true }));
  await clock.settle();
  const end = session.terminate();
  expect(await work).toBeInstanceOf(SessionTerminatedError);
  await clock.settle();
  go();
  await end;
  expect(calls).toEqual(['cleanup terminating client', 'onTerminated client']);
  const entries = await memory.readJournal(session.id, { after: 0, limit: 10 });
  expect(entries.map(({ data }) => (data as { phase: string }).phase)).toEqual([
    'started',
    'finished',
  ]);
});

test('a session that another owner won is not ended here: neither cleanup nor onTerminated runs', async () => {
  const { clock, session, calls, memory } = await begun();
  await memory.release(await recordOf(memory, session.id));
  await memory.claim(session.id, 'another process');
  expect(await rejectionOf(session.terminate())).toBeInstanceOf(Fenced);
  await clock.advance(10_000);
  expect(calls).toEqual([]);
});

test('it runs once, however often its session is recorded meanwhile', async () => {
  let times = 0;
  let go = (): void => undefined;
  const { clock, context, runtime } = openRuntime({
    cleanup: () => {
      times += 1;
      return new Promise((resolve) => {
        go = resolve;
      });
    },
  });
  const session = await runtime.create();
  const host = context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const end = session.terminate();
  await clock.settle();
  await commit(context, host);
  await commit(context, host);
  go();
  await end;
  expect(times).toBe(1);
});

test('won by another while it runs here, it is the other that tells the end', async () => {
  const calls: string[] = [];
  const memory = createMemoryStore();
  let go = (): void => undefined;
  const { clock, context, runtime } = openRuntime({
    store: memory,
    cleanup: () =>
      new Promise((resolve) => {
        go = resolve;
      }),
    hooks: {
      onTerminated: () => {
        calls.push('onTerminated');
      },
    },
  });
  const session = await runtime.create();
  const host = context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const end = rejectionOf(session.terminate());
  await clock.settle();
  await memory.release(await recordOf(memory, session.id));
  await memory.claim(session.id, 'another process');
  expect(await rejectionOf(commit(context, host))).toBeInstanceOf(Fenced);
  expect(await end).toBeInstanceOf(Fenced);
  go();
  await clock.advance(10_000);
  expect(calls).toEqual([]);
  expect((await recordOf(memory, session.id)).state).toBe('terminating');
});
