import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  InvalidOptionError,
  OperationAbortedError,
  type OperationOptions,
  type RuntimeOptions,
  type Session,
  SessionBusyError,
  SessionPausedError,
  SessionTerminatedError,
  TimeoutError,
} from '../../../src/index.ts';
import { openWork, quietRuntime, rejectionOf, TICK, toldOf } from '../fixture.ts';

const begun = async (options: RuntimeOptions = { maxConcurrentOperations: 1 }) => {
  const quiet = quietRuntime(options);
  const session = await quiet.runtime.create({ principal: 'ada' });
  return { ...quiet, session };
};

/** Work that notes whether it ran. */
const noting = (session: Session, options: OperationOptions = { timeoutMs: 'off' }) => {
  let ran = false;
  const work = (): string => {
    ran = true;
    return 'ran';
  };
  const result = session.run('queued', work, options);
  result.catch(() => undefined);
  return { result, ran: () => ran };
};

test('64 run at once, 1,000 more wait, and the next is refused with nothing started', async () => {
  const { session, runtime } = await begun({});
  const works = Array.from({ length: 1_064 }, () => openWork(session));
  expect(session.operations().filter(({ state }) => state === 'running').length).toBe(64);
  expect(session.info().inFlight).toBe(1_064);
  const one = noting(session);
  const refused = await rejectionOf(one.result);
  expect(refused).toBeInstanceOf(SessionBusyError);
  expect(refused).toMatchObject({ code: 'ERR_HOLDFAST_BUSY', retryable: true });
  expect(String(refused)).toContain('64 operations run and 1000 wait');
  expect([one.ran(), session.info().inFlight]).toEqual([false, 1_064]);
  for (const work of works) work.finish('x');
  await Promise.all(works.map(({ result }) => result));
  expect(runtime.stats().operations).toEqual({ started: 1_064, finished: 1_064, inFlight: 0 });
});

test('both numbers are options; an ended one makes room for the first that waits', async () => {
  const { session } = await begun({ maxConcurrentOperations: 2, maxQueuedOperations: 2 });
  const works = ['a', 'b', 'c', 'd'].map((id) => openWork(session, { id }));
  expect(await rejectionOf(session.run('e', () => 1))).toBeInstanceOf(SessionBusyError);
  const states = () => session.operations().map(({ id, state }) => `${id} ${state}`);
  expect(states()).toEqual(['a running', 'b running', 'c queued', 'd queued']);
  works[1]?.finish('x');
  await works[1]?.result;
  expect(states()).toEqual(['a running', 'c running', 'd queued']);
});

test('an operation tells what it is, and when it was asked for', async () => {
  const { session, clock } = await begun();
  openWork(session, { id: 'first' });
  const asked = clock.wall();
  noting(session, { id: 'second' });
  await clock.advance(1_000);
  expect(session.operations()[1]).toEqual({
    id: 'second',
    name: 'queued',
    durable: false,
    state: 'queued',
    since: asked,
  });
});

test('one that waits holds off the silence deadlines as one that runs does', async () => {
  const { session, clock } = await begun();
  const first = openWork(session, { timeoutMs: 'off' });
  const second = openWork(session, { timeoutMs: 'off' });
  first.finish('x');
  await clock.advance(70_000);
  expect([session.state, session.info().inFlight]).toEqual(['active', 1]);
  second.finish('x');
  await clock.advance(10_000 + TICK);
  expect(session.state).toBe('idle');
});

test('its time counts from when it was asked for: one that waited too long never runs', async () => {
  const { session, clock, events } = await begun();
  openWork(session, { timeoutMs: 'off' });
  const late = noting(session, { timeoutMs: 3_000 });
  await clock.advance(3_000);
  expect(await rejectionOf(late.result)).toBeInstanceOf(TimeoutError);
  expect(late.ran()).toBe(false);
  const told = toldOf(events, session.id).filter((event) => event.startsWith('operation'));
  expect(told).toEqual(['operation-started']);

  const { session: other, clock: time } = await begun();
  const first = openWork(other);
  const second = openWork(other, { timeoutMs: 3_000 });
  await time.advance(2_000);
  first.finish('x');
  await time.advance(999);
  expect(second.aborted()).toBe(false);
  await time.advance(1);
  expect(second.aborted()).toBe(true);
});

test('one that waits is aborted by its id, by its caller, by the end and by a pause, and never runs', async () => {
  const why = new Error('mine');
  const { session } = await begun();
  openWork(session);
  const caller = new AbortController();
  const byId = noting(session, { id: 'a' });
  const byReason = noting(session, { id: 'b' });
  const byCaller = noting(session, { signal: caller.signal });
  const byPause = noting(session);
  expect([session.abort('a'), session.abort('a'), session.abort('b', why)]).toEqual([
    true,
    false,
    true,
  ]);
  caller.abort(why);
  await session.pause({ abort: true });
  expect(await rejectionOf(byId.result)).toEqual(new OperationAbortedError('a'));
  expect(await rejectionOf(byReason.result)).toBe(why);
  expect(await rejectionOf(byCaller.result)).toBe(why);
  expect(await rejectionOf(byPause.result)).toBeInstanceOf(SessionPausedError);
  await session.resume();
  openWork(session);
  const byEnd = noting(session);
  await session.terminate();
  expect(await rejectionOf(byEnd.result)).toEqual(new SessionTerminatedError('client'));
  expect([byId, byReason, byCaller, byPause, byEnd].map(({ ran }) => ran())).toEqual(
    Array(5).fill(false),
  );
  expect(session.info().inFlight).toBe(0);
});

test('every start told has its end told, and what never started tells nothing', async () => {
  const { session, events, runtime } = await begun();
  const first = openWork(session, { id: 'runs' });
  noting(session, { id: 'waits' });
  session.abort('waits');
  session.abort('runs');
  await rejectionOf(first.result);
  const told = events.flatMap((event) =>
    event.type === 'session.operation-started' || event.type === 'session.operation-finished'
      ? [`${event.type} ${event.operation}`]
      : [],
  );
  expect(told).toEqual(['session.operation-started runs', 'session.operation-finished runs']);
  expect(runtime.stats().operations).toEqual({ started: 1, finished: 1, inFlight: 0 });
});

test('a pause holds what waits until resume, its time running; what runs may finish', async () => {
  const { session, clock } = await begun();
  const first = openWork(session);
  const second = noting(session, { timeoutMs: 20_000 });
  const third = noting(session, { timeoutMs: 5_000 });
  await session.pause();
  first.finish('fine');
  expect(await first.result).toBe('fine');
  await clock.advance(6_000);
  expect(await rejectionOf(third.result)).toBeInstanceOf(TimeoutError);
  expect([second.ran(), session.info().inFlight]).toEqual([false, 1]);
  await session.resume();
  expect(await second.result).toBe('ran');
});

test('what waits when the runtime drains still has its turn', async () => {
  const { session, clock, runtime } = await begun();
  const first = openWork(session);
  const second = noting(session);
  const report = runtime.drain();
  await clock.advance(1_000);
  first.finish('x');
  await clock.advance(1_000);
  expect(await second.result).toBe('ran');
  expect(await report).toMatchObject({ aborted: 0, ended: 1 });
});

test('work that its drain does not see the end of has 15 s, then its signal', async () => {
  const { session, clock, runtime } = await begun();
  const running = openWork(session);
  const waits = noting(session);
  const report = runtime.drain();
  await clock.advance(14_999);
  expect(running.aborted()).toBe(false);
  await clock.advance(1);
  expect(running.aborted()).toBe(true);
  await clock.advance(5_000);
  expect(await report).toMatchObject({ aborted: 2 });
  expect(waits.ran()).toBe(false);
});

test('the end of the lifetime refuses new work, and gives running work 30 s before its signal', async () => {
  const { session, clock } = await begun();
  const running = openWork(session, { timeoutMs: 'off' });
  await clock.advance(1_000_000 + TICK);
  expect(await rejectionOf(session.run('x', () => 1))).toMatchObject({ reason: 'max-lifetime' });
  await clock.advance(30_000 - 2 * TICK);
  expect([running.aborted(), session.state]).toEqual([false, 'active']);
  await clock.advance(2 * TICK);
  expect(await rejectionOf(running.result)).toEqual(new SessionTerminatedError('max-lifetime'));
  expect([running.aborted(), session.info().reason]).toEqual([true, 'max-lifetime']);
});

test('an id is unique among the operations in flight, waiting ones too, and free again afterwards', async () => {
  const { session } = await begun();
  const first = openWork(session, { id: 'a' });
  noting(session, { id: 'b' });
  for (const id of ['a', 'b']) {
    const twice = noting(session, { id });
    expect(await rejectionOf(twice.result)).toBeInstanceOf(AlreadyExistsError);
    expect(twice.ran()).toBe(false);
  }
  first.finish('x');
  await first.result;
  expect(await session.run('again', ({ operation }) => operation, { id: 'a' })).toBe('a');
});

test('late words of an aborted operation do not touch the one that has its id now', async () => {
  const { session } = await begun();
  const old = openWork(session, { id: 'a' });
  session.abort('a');
  await rejectionOf(old.result);
  const young = openWork(session, { id: 'a' });
  old.finish('late');
  await Promise.resolve();
  expect(session.operations()).toMatchObject([{ id: 'a', state: 'running' }]);
  young.finish('young');
  expect(await young.result).toBe('young');
});

test.each([
  ['name', '', {}],
  ['name', 'n'.repeat(129), {}],
  ['name', 7, {}],
  ['id', 'x', { id: '' }],
  ['id', 'x', { id: 'i'.repeat(129) }],
  ['signal', 'x', { signal: 'soon' }],
  ['an option', 'x', { timeout: 5 }],
])('a %s that cannot be is refused', async (option, name, options) => {
  const { session } = await begun();
  const refused = session.run(name as string, () => 1, options as { id: string });
  const error = await rejectionOf(refused);
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option });
});

test('10,000 operations on one signal of their caller leave nothing on it, nor on the clock', async () => {
  const { session, clock } = await begun({});
  const { signal } = new AbortController();
  const pending = clock.pending;
  let most = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    const works = Array.from({ length: 1_000 }, () => session.run('x', () => 1, { signal }));
    most = Math.max(most, getEventListeners(signal, 'abort').length);
    await Promise.all(works);
  }
  expect(most).toBe(1);
  expect(getEventListeners(signal, 'abort').length).toBe(0);
  expect([clock.pending, session.info().inFlight]).toEqual([pending, 0]);
});
