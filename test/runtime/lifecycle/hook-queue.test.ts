import { expect, test } from 'vitest';
import { Fenced, LIMITS, type LifecycleEvent, TimeoutError } from '../../../src/index.ts';
import { faultyRuntime, quietRuntime, recordOf, rejectionOf } from '../fixture.ts';
import { begunNoting, hang, noting } from './noting-hooks.ts';

// Hooks observe: in order, one after another per session, each after its commit, and none of them stops anything.

const reports = (events: readonly LifecycleEvent[]) =>
  events.flatMap((event) => (event.type === 'runtime.error' ? [event] : []));

test('a life as the hooks tell it: every step once, in order, and the end last', async () => {
  const { clock, session, calls } = await begunNoting();
  await clock.advance(10_000);
  await session.touch();
  await session.pause();
  await session.resume();
  await session.terminate('operator');
  await clock.advance(60_000);
  expect(calls).toEqual([
    'created',
    'initializing>active',
    'active>idle',
    'idle>active',
    'active>paused',
    'paused>active',
    'active>terminating',
    'terminated:operator',
  ]);
});

test('nothing is told before it is recorded', async () => {
  const { calls, hooks } = noting();
  const { clock, runtime, store } = faultyRuntime({}, { hooks });
  store.break('stall');
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(1_000);
  expect(calls).toEqual([]);
  store.heal();
  const session = await created;
  await clock.settle();
  expect(calls).toEqual(['created', 'initializing>active']);
  store.break('fail');
  await rejectionOf(session.pause());
  expect(calls).toHaveLength(2);
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(calls).toEqual(['created', 'initializing>active', 'active>paused']);
});

test('onCreated tells of the first record, before a session is made ready', async () => {
  const { calls, hooks } = noting();
  const seen: string[][] = [];
  const { clock, runtime } = quietRuntime({
    hooks,
    initialize: async (session) => {
      await session.update(() => ({}));
      seen.push([...calls]);
    },
  });
  await runtime.create({ principal: 'ada' });
  await clock.settle();
  expect([seen, calls]).toEqual([[['created']], ['created', 'initializing>active']]);
});

test('a session that was never recorded is told to nobody', async () => {
  const { calls, hooks } = noting();
  const { clock, runtime, store } = faultyRuntime(
    {},
    { hooks, cleanup: () => void calls.push('clean') },
  );
  store.break('fail');
  await rejectionOf(runtime.create({ principal: 'ada' }));
  store.heal();
  await clock.advance(60_000);
  expect(calls).toEqual([]);
});

test('a hook is waited for before the next one of its session; others do not wait', async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { clock, runtime, session, calls } = await begunNoting((told) =>
    told === 'created' ? gate : undefined,
  );
  await session.pause();
  expect(session.state).toBe('paused');
  await clock.settle();
  expect(calls).toEqual(['created']);
  await runtime.create({ principal: 'bob' });
  await clock.settle();
  expect(calls).toEqual(['created', 'bob: created']);
  go();
  await clock.settle();
  expect(calls.filter((call) => !call.startsWith('bob'))).toEqual([
    'created',
    'initializing>active',
    'active>paused',
  ]);
});

test.each(['at once', 'later'])(
  'a hook that throws %s is reported and stops nothing',
  async (when) => {
    const boom = new Error('boom');
    const { clock, session, calls, errors, events } = await begunNoting(() => {
      if (when === 'later') return Promise.reject(boom);
      throw boom;
    });
    await session.pause();
    expect(await session.terminate()).toBe('client');
    await clock.settle();
    expect(calls).toEqual([
      'created',
      'initializing>active',
      'active>paused',
      'paused>terminating',
      'terminated:client',
    ]);
    const wheres = [
      'onCreated',
      'onStateChanged',
      'onStateChanged',
      'onStateChanged',
      'onTerminated',
    ];
    expect(errors.map(({ info }) => info.where)).toEqual(wheres);
    expect(reports(events).map(({ where }) => where)).toEqual(
      wheres.map((where) => `${where} of ${session.id}`),
    );
    for (const { error, info } of errors)
      expect([error, info.session?.id]).toEqual([boom, session.id]);
  },
);

test('hooks that still wait when another owner has won the session are not run, and that is no error', async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { clock, memory, session, calls, errors } = await begunNoting((told) =>
    told === 'created' ? gate : undefined,
  );
  await session.pause();
  await session.resume();
  await memory.release(await recordOf(memory, session.id));
  await memory.claim(session.id, 'another process');
  expect(await rejectionOf(session.pause())).toBeInstanceOf(Fenced);
  go();
  await clock.advance(60_000);
  expect([calls, errors]).toEqual([['created'], []]);
});

test('a hook that hangs has 5 s, is reported, and the next one goes on', async () => {
  const { clock, session, calls, errors } = await begunNoting((told) =>
    told === 'created' ? hang() : undefined,
  );
  await session.pause();
  await clock.advance(LIMITS.hookTimeoutMs - 1);
  expect(calls).toEqual(['created']);
  await clock.advance(1);
  expect(calls).toEqual(['created', 'initializing>active', 'active>paused']);
  expect(errors).toMatchObject([{ error: { timeoutMs: 5_000 }, info: { where: 'onCreated' } }]);
  expect(errors[0]?.error).toBeInstanceOf(TimeoutError);
});

test('a hundred may wait; what comes then is reported and not run', async () => {
  const { clock, session, calls, errors } = await begunNoting((told) =>
    told === 'created' ? hang() : undefined,
  );
  // One hangs and one waits already.
  for (let n = 0; n < 50; n++) {
    await session.pause();
    await session.resume();
  }
  await clock.settle();
  expect(errors).toMatchObject([{ info: { where: 'onStateChanged' } }]);
  expect(String(errors[0]?.error)).toContain('100 hooks wait');
  await clock.advance(LIMITS.hookTimeoutMs);
  expect(calls).toHaveLength(101);
  expect(calls.at(-1)).toBe('active>paused');
  await session.pause();
  await clock.settle();
  expect(calls).toHaveLength(102);
});

test('a hook can use its session', async () => {
  const { clock, session, errors } = await begunNoting(undefined, {
    hooks: {
      onCreated: async (own) => {
        await own.update(() => ({ greeted: true }));
        await own.append({ role: 'system', content: 'Hello' });
      },
    },
  });
  await clock.settle();
  expect([session.data, errors]).toEqual([{ greeted: true }, []]);
  expect((await session.messages()).messages).toHaveLength(1);
});

test('onError hears of whatever fails, and what it makes of it is dropped', async () => {
  const heard: string[] = [];
  const boom = new Error('boom');
  const { clock, runtime } = quietRuntime({
    hooks: {
      onError: (error, { session, where }) => {
        heard.push(`${session?.principal ?? 'the runtime'}: ${where}: ${String(error)}`);
        if (heard.length === 1) throw error;
        return heard.length === 2 ? Promise.reject(error) : hang();
      },
    },
  });
  const session = await runtime.create({ principal: 'ada' });
  const stop = session.subscribe(() => {
    throw boom;
  });
  await session.pause();
  stop();
  runtime.subscribe((event) => {
    if (event.type === 'runtime.draining') throw boom;
  });
  await runtime.close();
  await clock.settle();
  expect(heard).toEqual([
    'ada: a listener of session.state-changed: Error: boom',
    'ada: a listener of session.paused: Error: boom',
    'the runtime: a listener of runtime.draining: Error: boom',
  ]);
});
