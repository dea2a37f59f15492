import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { quietRuntime, toldOf } from '../fixture.ts';
import { behaving, eventsOfType, shortLived, viewOf, worker } from './behaviour-under-test.ts';

const CRASH = { type: 'crash' } as const;

test('a behaviour that crashes 3 s after each start is given up after the fifth', async () => {
  const { clock, runtime, session, events } = await behaving({ logic: shortLived });
  await clock.advance(60_000);
  const failed = eventsOfType(events, 'session.behaviour-failed');
  expect(failed.map(({ incarnation }) => incarnation)).toEqual([1, 2, 3, 4, 5]);
  const waits = failed.map(({ restartInMs }) => restartInMs);
  [500, 1_000, 2_000, 4_000].forEach((most, index) => {
    expect(waits[index]).toBeLessThanOrEqual(most);
    expect(waits[index]).toBeGreaterThanOrEqual(most * 0.9);
  });
  expect(waits[4]).toBeNull();
  expect(toldOf(events, session.id).at(-1)).toBe('ended:crashed');
  expect(await session.terminate()).toBe('crashed');
  expect(runtime.stats().restarts).toBe(4);
  expect(viewOf(session).status).toBe('failed');
});

test('a failure is told with its error and the wait, a restart with its incarnation', async () => {
  const { clock, session, events } = await behaving({ logic: worker });
  await session.send(CRASH);
  const [failed] = eventsOfType(events, 'session.behaviour-failed');
  expect(failed).toMatchObject({ incarnation: 1, error: new Error('boom') });
  expect(eventsOfType(events, 'runtime.error')).toMatchObject([
    { where: `behaviour of ${session.id}`, error: new Error('boom') },
  ]);
  expect(viewOf(session)).toMatchObject({ status: 'restarting', incarnation: 1 });
  await clock.advance(500);
  expect(eventsOfType(events, 'session.restarted')).toMatchObject([{ incarnation: 2 }]);
  expect(viewOf(session)).toMatchObject({ name: 'it', status: 'running', incarnation: 2 });
});

test('permanent: started again when it failed and when it is done', async () => {
  const { clock, session, events } = await behaving({ logic: worker, policy: 'permanent' });
  await session.send(CRASH);
  await clock.advance(500);
  await session.send({ type: 'work.add', n: 7 });
  await session.send({ type: 'finish' });
  expect(viewOf(session).status).toBe('restarting');
  await clock.advance(500);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 3 });
  // There is nothing to go on from.
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
  expect(eventsOfType(events, 'session.behaviour-done')).toEqual([]);
});

test('transient: started again when it failed, not when it is done', async () => {
  const { clock, session, events } = await behaving({ logic: worker, policy: 'transient' });
  await session.send(CRASH);
  await clock.advance(500);
  await session.send({ type: 'work.add', n: 7 });
  await session.send({ type: 'finish' });
  await clock.advance(5_000);
  expect(viewOf(session)).toMatchObject({ status: 'done', incarnation: 2 });
  expect(eventsOfType(events, 'session.behaviour-done')).toMatchObject([{ output: 7 }]);
  expect(session.state).toBe('active');
});

test('temporary: never started again, and the session goes on without it', async () => {
  const { clock, session, events } = await behaving({
    logic: worker,
    policy: 'temporary',
    maxFailures: 1,
  });
  await session.send(CRASH);
  await clock.advance(5_000);
  expect(eventsOfType(events, 'session.behaviour-failed')).toMatchObject([{ restartInMs: null }]);
  expect(viewOf(session)).toMatchObject({ status: 'failed', incarnation: 1 });
  expect(session.state).toBe('active');
});

test('ten healthy minutes start count and wait anew', async () => {
  const { clock, session, events } = await behaving({ logic: worker });
  const waits = () =>
    eventsOfType(events, 'session.behaviour-failed').map(({ restartInMs }) => restartInMs ?? -1);
  for (let n = 0; n < 4; n++) {
    await session.send(CRASH);
    await clock.advance(4_000);
  }
  for (let minute = 0; minute < 20; minute++) {
    await clock.advance(30_000);
    await session.touch();
  }
  await session.send(CRASH);
  expect(waits()).toHaveLength(5);
  expect(waits()[3]).toBeGreaterThan(3_500);
  expect(waits()[4]).toBeLessThanOrEqual(500);
  expect(session.state).toBe('active');
});

test('one that is done breaks the row of failures', async () => {
  const { clock, session } = await behaving({
    logic: worker,
    policy: 'permanent',
    maxFailures: 2,
  });
  for (let n = 0; n < 3; n++) {
    await session.send(CRASH);
    await clock.advance(1_000);
    await session.send({ type: 'finish' });
    await clock.advance(1_000);
  }
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 7 });
});

test('a wait is never longer than its most', async () => {
  const { clock, session, events } = await behaving({
    logic: worker,
    backoffMs: 1_000,
    maxBackoffMs: 1_500,
    maxFailures: Number.POSITIVE_INFINITY,
  });
  for (let n = 0; n < 20; n++) {
    await session.send(CRASH);
    await clock.advance(1_500);
  }
  const failed = eventsOfType(events, 'session.behaviour-failed');
  expect(failed).toHaveLength(20);
  for (const { restartInMs } of failed.slice(1)) {
    expect(restartInMs).toBeLessThanOrEqual(1_500);
    expect(restartInMs).toBeGreaterThan(1_500 * 0.89);
  }
  expect(session.state).toBe('active');
});

test('a start that throws is a failed incarnation, and the session was made all the same', async () => {
  let tries = 0;
  const input = (): { input: object } => {
    tries += 1;
    if (tries < 3) throw new Error(`try ${tries}`);
    return { input: {} };
  };
  const { clock, session, events } = await behaving({ logic: worker, input });
  expect(session.state).toBe('active');
  expect(viewOf(session).status).toBe('restarting');
  expect(viewOf(session).getSnapshot()).toMatchObject({ error: new Error('try 1') });
  await clock.advance(2_000);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 3 });
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'behaviour-failed',
    'restarted',
    'behaviour-failed',
    'restarted',
  ]);
});

test('other logic is supervised too: a promise is run again until it is kept', async () => {
  let calls = 0;
  const logic = fromPromise(async () => {
    calls += 1;
    if (calls < 3) throw new Error('not yet');
    return 'kept';
  });
  const { clock, session, events } = await behaving({ logic });
  await clock.advance(5_000);
  expect(calls).toBe(3);
  expect(eventsOfType(events, 'session.behaviour-done')).toMatchObject([{ output: 'kept' }]);
  expect(viewOf(session).status).toBe('done');
});

test('a crash in one of 1,000 sessions touches nobody else', async () => {
  const { clock, runtime, events } = quietRuntime({ behaviours: { it: { logic: worker } } });
  const sessions = await Promise.all(
    Array.from({ length: 1_000 }, () => runtime.create({ behaviour: 'it' })),
  );
  const [victim, ...others] = sessions;
  await Promise.all(sessions.map((session) => session.send({ type: 'work.add', n: 1 })));
  const before = others.map((session) => viewOf(session).getSnapshot());
  for (let n = 0; n < 5; n++) {
    await victim?.send(CRASH);
    await clock.advance(4_000);
    await Promise.all(others.map((session) => session.touch()));
  }
  await clock.settle();
  expect(victim?.state).toBe('terminated');
  expect(others.every((session) => session.state === 'active')).toBe(true);
  expect(others.every((session, index) => viewOf(session).getSnapshot() === before[index])).toBe(
    true,
  );
  const told = events.filter((event) => event.type.startsWith('session.behaviour'));
  expect(told.every((event) => 'id' in event && event.id === victim?.id)).toBe(true);
  expect(runtime.stats().restarts).toBe(4);
});
