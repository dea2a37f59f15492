import { expect, test } from 'vitest';
import {
  InvalidOptionError,
  SessionPausedError,
  SessionTerminatedError,
  TimeoutError,
} from '../../../src/index.ts';
import { openWork, quietRuntime, rejectionOf, TICK, toldOf } from '../fixture.ts';

const begun = async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const outcomes = () =>
    events.flatMap((event) => (event.type === 'session.operation-finished' ? [event.outcome] : []));
  return { clock, runtime, events, session, outcomes };
};

test('what the work gives is what its caller gets; it is told of from start to end', async () => {
  const { session, events } = await begun();
  let seen: unknown;
  const result = await session.run('add', (context) => {
    seen = context;
    return 2;
  });
  expect(result).toBe(2);
  expect(await session.run('later', async () => 'x')).toBe('x');
  const operations = events.filter((event) => event.type.startsWith('session.operation'));
  const operation = operations[0] && 'operation' in operations[0] ? operations[0].operation : '';
  expect(operations.slice(0, 2)).toMatchObject([
    { type: 'session.operation-started', name: 'add', operation },
    { type: 'session.operation-finished', name: 'add', operation, outcome: 'done' },
  ]);
  expect(operation).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen).toMatchObject({ operation, session });
});

test('work in flight is counted while it runs, however many there are', async () => {
  const { session } = await begun();
  const works = [openWork(session), openWork(session), openWork(session)];
  expect(session.info().inFlight).toBe(3);
  works[1]?.finish('x');
  await works[1]?.result;
  expect(session.info().inFlight).toBe(2);
  works[0]?.fail(new Error('no'));
  await rejectionOf(works[0]?.result ?? Promise.resolve());
  works[2]?.finish('x');
  await works[2]?.result;
  expect(session.info().inFlight).toBe(0);
});

test('what the work throws is thrown to its caller, whether at once or later', async () => {
  const { session, outcomes } = await begun();
  const boom = new Error('boom');
  expect(await rejectionOf(session.run('a', () => Promise.reject(boom)))).toBe(boom);
  const atOnce = session.run('b', () => {
    throw boom;
  });
  expect(await rejectionOf(atOnce)).toBe(boom);
  expect(outcomes()).toEqual(['failed', 'failed']);
  expect(session.info().inFlight).toBe(0);
  expect(session.state).toBe('active');
});

test('work that takes too long gets its signal, and its caller TimeoutError', async () => {
  const { clock, session, outcomes } = await begun();
  const work = openWork(session, { timeoutMs: 3_000 });
  await clock.advance(2_999);
  expect(work.aborted()).toBe(false);
  await clock.advance(1);
  expect(work.aborted()).toBe(true);
  const error = await rejectionOf(work.result);
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeoutMs: 3_000, retryable: true });
  expect(outcomes()).toEqual(['timed-out']);
  expect(session.info().inFlight).toBe(0);
});

test('work that fails of its signal has timed out all the same', async () => {
  const { clock, session, outcomes } = await begun();
  const work = session.run(
    'work',
    ({ signal }) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('I was told to stop')));
      }),
    { timeoutMs: 1_000 },
  );
  const error = rejectionOf(work);
  await clock.advance(1_000);
  expect(await error).toBeInstanceOf(TimeoutError);
  expect(outcomes()).toEqual(['timed-out']);
});

test('without a time-out of its own work has 10 minutes', async () => {
  const { clock, session } = await begun();
  const work = openWork(session);
  await clock.advance(10 * 60_000 - 1);
  expect(work.aborted()).toBe(false);
  await clock.advance(1);
  expect(work.aborted()).toBe(true);
});

test("'off' and Infinity take as long as it takes", async () => {
  const { clock, session } = await begun();
  const works = [
    openWork(session, { timeoutMs: 'off' }),
    openWork(session, { timeoutMs: Number.POSITIVE_INFINITY }),
  ];
  await clock.advance(900_000);
  expect(works.map((work) => work.aborted())).toEqual([false, false]);
});

test.each([0, -0, -1, Number.NaN, '5', {}, 0.5])(
  'a time-out of %j is refused',
  async (timeoutMs) => {
    const { session, events } = await begun();
    let ran = false;
    const options = { timeoutMs: timeoutMs as number };
    const refused = await rejectionOf(
      session.run(
        'x',
        () => {
          ran = true;
        },
        options,
      ),
    );
    expect(refused).toBeInstanceOf(InvalidOptionError);
    expect(refused).toMatchObject({ option: 'timeoutMs', value: timeoutMs });
    expect(ran).toBe(false);
    expect(toldOf(events, session.id)).not.toContain('operation-started');
  },
);

test("the caller's own signal aborts it, with its own reason", async () => {
  const { session, outcomes } = await begun();
  const caller = new AbortController();
  const work = openWork(session, { signal: caller.signal });
  const why = new Error('changed my mind');
  caller.abort(why);
  expect(work.aborted()).toBe(true);
  expect(await rejectionOf(work.result)).toBe(why);
  expect(outcomes()).toEqual(['aborted']);
});

test('a signal aborted before refuses the work without starting it', async () => {
  const { session, outcomes } = await begun();
  const why = new Error('before');
  let ran = false;
  const refused = session.run(
    'x',
    () => {
      ran = true;
    },
    { signal: AbortSignal.abort(why) },
  );
  expect(await rejectionOf(refused)).toBe(why);
  expect([ran, outcomes(), session.info().inFlight]).toEqual([false, [], 0]);
});

test('the end of the session aborts it at once', async () => {
  const { session, outcomes } = await begun();
  const work = openWork(session, { timeoutMs: 'off' });
  const ended = session.terminate('operator');
  expect(work.aborted()).toBe(true);
  const error = await rejectionOf(work.result);
  expect(error).toBeInstanceOf(SessionTerminatedError);
  expect(error).toMatchObject({ reason: 'operator' });
  await ended;
  expect(outcomes()).toEqual(['aborted']);
  expect(session.info().inFlight).toBe(0);
});

test('work that ends its own session and throws is told of its own error, and nothing is left over', async () => {
  const { session } = await begun();
  const mine = new Error('mine');
  const work = session.run('x', ({ session: own }) => {
    own.terminate().catch(() => undefined);
    throw mine;
  });
  expect(await rejectionOf(work)).toBe(mine);
  expect(session.info()).toMatchObject({ inFlight: 0, reason: 'client' });
});

test('to run is an activity, when it starts and when it ends', async () => {
  const { clock, session } = await begun();
  await clock.advance(10_000 + TICK);
  expect(session.state).toBe('idle');
  const work = openWork(session);
  expect(session.state).toBe('active');
  expect(session.info().lastActivityAt).toBe(clock.wall());
  await clock.advance(20_000);
  work.finish('x');
  await work.result;
  expect(session.info().lastActivityAt).toBe(clock.wall());
});

test('quiet counts from the end of the last of several', async () => {
  const { clock, session } = await begun();
  const first = openWork(session);
  const last = openWork(session);
  first.finish('x');
  await clock.advance(30_000);
  expect(session.state).toBe('active');
  last.finish('x');
  await clock.advance(10_000 - TICK);
  expect(session.state).toBe('active');
  await clock.advance(2 * TICK);
  expect(session.state).toBe('idle');
});

test('a paused session takes no work, and lets what runs finish', async () => {
  const { session } = await begun();
  const work = openWork(session);
  await session.pause();
  const refused = await rejectionOf(session.run('x', () => 1));
  expect(refused).toBeInstanceOf(SessionPausedError);
  expect(refused).toMatchObject({ retryable: true });
  expect(work.aborted()).toBe(false);
  work.finish('fine');
  expect(await work.result).toBe('fine');
  await session.resume();
  expect(await session.run('x', () => 1)).toBe(1);
});

test('pause with abort aborts what runs', async () => {
  const { session, outcomes } = await begun();
  const work = openWork(session);
  await session.pause({ abort: true });
  expect(await rejectionOf(work.result)).toBeInstanceOf(SessionPausedError);
  expect(outcomes()).toEqual(['aborted']);
  expect(session.state).toBe('paused');
});

test('nothing of finished work stays on the clock or on the signal of its caller', async () => {
  const { clock, session } = await begun();
  const before = clock.pending;
  const caller = new AbortController();
  for (let turn = 0; turn < 5; turn += 1) {
    await session.run('x', () => 1, { signal: caller.signal, timeoutMs: 500 });
  }
  expect(clock.pending).toBe(before);
  caller.abort();
  expect(session.info().inFlight).toBe(0);
});

test('a listener that ends the session as its work starts: the work never runs, and the end is told last', async () => {
  const { session, events } = await begun();
  const ends: Promise<unknown>[] = [];
  session.subscribe((event) => {
    if (event.type === 'session.operation-started') ends.push(session.terminate());
  });
  let ran = false;
  const refused = session.run('x', () => {
    ran = true;
  });
  expect(await rejectionOf(refused)).toMatchObject({ reason: 'client' });
  await Promise.all(ends);
  expect(ran).toBe(false);
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'operation-started',
    'operation-finished',
    'active>terminating',
    'terminating>terminated',
    'ended:client',
  ]);
});

test('a listener that pauses the session as the work wakes it: the work is refused', async () => {
  const { clock, session } = await begun();
  await clock.advance(10_000 + TICK);
  session.subscribe((event) => {
    if (event.type === 'session.state-changed' && event.to === 'active') session.pause();
  });
  expect(await rejectionOf(session.run('x', () => 1))).toBeInstanceOf(SessionPausedError);
  expect(session.info().inFlight).toBe(0);
});

test('a listener that aborts the caller as the work wakes the session: the work does not begin', async () => {
  const { clock, session } = await begun();
  await clock.advance(10_000 + TICK);
  const caller = new AbortController();
  const reason = new Error('not any more');
  session.subscribe(() => caller.abort(reason));
  let ran = false;
  const work = session.run('x', () => (ran = true), { signal: caller.signal });
  expect(await rejectionOf(work)).toBe(reason);
  expect([ran, session.info().inFlight]).toEqual([false, 0]);
});
