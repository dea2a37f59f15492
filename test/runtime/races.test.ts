import { expect, test } from 'vitest';
import { SessionTerminatedError } from '../../src/index.ts';
import { DEADLINES, faultyRuntime, quietRuntime, rejectionOf, TICK, toldOf } from './fixture.ts';

/*
 * Races by their names. The others have a test beside the part they are about: "terminate while initializing"
 * (lifecycle/initialize), "50 creates at cap − 1" (admission/admission), "a behaviour that crashes 3 s after each
 * start" (behaviour/supervision), "cleanup that hangs in drain" (lifecycle/cleanup), wake and hibernation later.
 */

test('get ‖ reap: whoever got the session a moment before its end is told of it, and so is whoever comes after', async () => {
  // The store answers late, so that both are under way at once.
  const { runtime, events, clock } = faultyRuntime({ delayMs: [50, 50] });
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(50);
  const { id } = await created;
  // Quiet for so long that the next look would end it; reap looks first, in the same turn as the gets.
  await clock.advance(DEADLINES.idleTimeoutMs - TICK);
  const before = await runtime.as('ada').get(id);
  clock.advance(TICK);
  const reaped = runtime.reap();
  const during = runtime.as('ada').get(id);
  const foreign = rejectionOf(runtime.as('bob').get(id));
  await clock.advance(2 * TICK);
  const ended = await reaped;
  const after = await Promise.all([runtime.as('ada').get(id), clock.advance(50)]);

  expect(toldOf(events, id).filter((told) => told.startsWith('ended'))).toEqual([
    'ended:idle-timeout',
  ]);
  expect(ended.length).toBeLessThanOrEqual(1);
  for (const session of [before, await during, after[0]]) {
    expect([session.id, session.state, session.info().reason]).toEqual([
      id,
      'terminated',
      'idle-timeout',
    ]);
    expect(await rejectionOf(session.touch())).toBeInstanceOf(SessionTerminatedError);
  }
  expect(await foreign).toMatchObject({ code: 'ERR_HOLDFAST_NOT_FOUND' });
});

test('touch ‖ reap: what was touched before the look goes on, what was not is ended', async () => {
  const { runtime, clock } = quietRuntime();
  const [kept, gone] = [await runtime.create(), await runtime.create()];
  await clock.advance(DEADLINES.idleTimeoutMs - 1);
  const reaped = runtime.reap();
  await kept.touch();
  await clock.advance(1);
  await clock.advance(TICK);
  expect(kept.state).toBe('active');
  expect(gone.info().reason).toBe('idle-timeout');
  expect((await reaped).map(({ id }) => id)).not.toContain(kept.id);
});

test('resume after a long pause: a client that has to beat is not heartbeat-lost, and has its whole window', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  const window = DEADLINES.heartbeatIntervalMs * DEADLINES.heartbeatMissed;
  await session.pause();
  await clock.advance(DEADLINES.pausedTimeoutMs - 1_000);
  await session.resume();
  await clock.advance(window - TICK);
  expect(session.info().reason).toBe(null);
  await clock.advance(2 * TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('max-lifetime in the middle of an operation: no new work, 30 s, then its signal and the end', async () => {
  const { runtime, clock } = quietRuntime({
    deadlines: { ...DEADLINES, maxLifetimeMs: 60_000, pausedTimeoutMs: 60_000 },
  });
  const session = await runtime.create();
  await clock.advance(59_000);
  let signal: AbortSignal | null = null;
  const work = rejectionOf(
    session.run('long', (operation) => {
      signal = operation.signal;
      return new Promise(() => {});
    }),
  );
  await clock.advance(1_000 + TICK);
  expect(await rejectionOf(session.run('more', () => 1))).toMatchObject({ reason: 'max-lifetime' });
  expect(session.info()).toMatchObject({ reason: null, inFlight: 1 });
  await clock.advance(29_000);
  expect(signal).toMatchObject({ aborted: false });
  await clock.advance(1_000 + TICK);
  expect(signal).toMatchObject({ aborted: true });
  expect(await work).toMatchObject({ reason: 'max-lifetime' });
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'max-lifetime' });
});

test('stall of the event loop past the heartbeat window: nobody is ended, then who is gone is', async () => {
  const { runtime, clock } = quietRuntime({
    deadlines: { ...DEADLINES, idleTimeoutMs: 900_000 },
  });
  const [here, gone] = [
    await runtime.create({ beats: 'required' }),
    await runtime.create({ beats: 'required' }),
  ];
  const window = DEADLINES.heartbeatIntervalMs * DEADLINES.heartbeatMissed;
  clock.stall(10 * window);
  await clock.advance(TICK);
  expect([here.info().reason, gone.info().reason]).toEqual([null, null]);
  for (let waited = 0; waited < window + 2 * TICK; waited += 1_000) {
    await here.touch();
    await clock.advance(1_000);
  }
  expect([here.info().reason, gone.info().reason]).toEqual([null, 'heartbeat-lost']);
});
