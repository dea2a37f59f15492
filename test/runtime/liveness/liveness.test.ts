import { expect, test } from 'vitest';
import { SessionTerminatedError } from '../../../src/index.ts';
import { openWork, quietRuntime, rejectionOf, TICK, toldOf } from '../fixture.ts';

// idleAfter 10 s, idleTimeout 60 s, beats 3 × 5 s, pausedTimeout 120 s, maxLifetime 1,000 s.

const begun = async (beats: 'first' | 'required' | 'off' = 'first') => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada', beats });
  const told = () => toldOf(events, session.id);
  return { clock, runtime, events, session, told };
};

test('a session is idle after idleAfter without an activity, and not before', async () => {
  const { clock, session, told } = await begun();
  await clock.advance(10_000 - 1);
  expect(session.state).toBe('active');
  await clock.advance(1 + TICK);
  expect(session.state).toBe('idle');
  expect(told()).toEqual(['created', 'ready', 'initializing>active', 'active>idle']);
});

test('an activity keeps it active, and leaves idle; both planes show that at once', async () => {
  const { clock, session, told } = await begun();
  await clock.advance(9_000);
  await session.touch();
  await clock.advance(9_900);
  expect(session.state).toBe('active');
  await clock.advance(100 + TICK);
  expect(session.state).toBe('idle');
  await session.touch();
  expect(session.state).toBe('active');
  expect(session.actor.getSnapshot().value).toBe('active');
  expect(told().slice(3)).toEqual(['active>idle', 'idle>active']);
  await clock.advance(10_000 + TICK);
  expect(session.state).toBe('idle');
});

test('a beat never leaves idle, and is no activity', async () => {
  const { clock, session } = await begun();
  await clock.advance(8_000);
  const lastActivity = session.info().lastActivityAt;
  session.beat();
  expect(session.info().lastActivityAt).toBe(lastActivity);
  await clock.advance(2_000 + TICK);
  expect(session.state).toBe('idle');
  session.beat();
  expect(session.state).toBe('idle');
});

test('a quiet session ends with idle-timeout, beats or not', async () => {
  const { clock, session, told } = await begun('required');
  for (let passed = 0; passed < 56_000; passed += 4_000) {
    await clock.advance(4_000);
    session.beat();
  }
  await clock.advance(4_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.state).toBe('terminated');
  expect(session.info()).toMatchObject({ reason: 'idle-timeout', endedAt: clock.wall() - TICK });
  expect(told().slice(-3)).toEqual([
    'idle>terminating',
    'terminating>terminated',
    'ended:idle-timeout',
  ]);
});

test('beats are watched from the first one on, and silence after it ends the session', async () => {
  const { clock, session, told } = await begun();
  await clock.advance(30_000);
  expect(told()).not.toContain('late');
  session.beat();
  await clock.advance(15_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
  expect(told().slice(4)).toEqual([
    'late',
    'beat-missed',
    'beat-missed',
    'idle>terminating',
    'terminating>terminated',
    'ended:heartbeat-lost',
  ]);
});

test('beats that are required are watched from the start', async () => {
  const { clock, session } = await begun('required');
  await clock.advance(15_000 - 1);
  expect(session.state).not.toBe('terminated');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('beats that are off are never watched, whoever beats', async () => {
  const { clock, session, told } = await begun('off');
  session.beat();
  await clock.advance(59_000);
  expect(session.state).toBe('idle');
  expect(told()).not.toContain('late');
  expect(session.beatReply().nextBeatWithinMs).toBeNull();
});

test('missed beats are counted, and a sign of life recovers the session', async () => {
  const { clock, session, events, told } = await begun('required');
  await clock.advance(10_000 + TICK);
  const missed = () =>
    events.flatMap((event) => (event.type === 'session.beat-missed' ? [event.missed] : []));
  expect(missed()).toEqual([1, 2]);
  session.beat();
  expect(told().at(-1)).toBe('recovered');
  session.beat();
  expect(told().filter((one) => one === 'recovered')).toHaveLength(1);
  await clock.advance(5_000 + TICK);
  expect(missed()).toEqual([1, 2, 1]);
  expect(told().filter((one) => one === 'late')).toHaveLength(2);
});

test('a listener that ends a session as it is late hears nothing of it after its end', async () => {
  const { clock, session, told } = await begun('required');
  session.subscribe((event) => {
    if (event.type === 'session.late') session.terminate().catch(() => undefined);
  });
  await clock.advance(5_000 + TICK);
  expect(told().slice(3)).toEqual([
    'late',
    'active>terminating',
    'terminating>terminated',
    'ended:client',
  ]);
});

test('a sign of life given by who hears that it is late comes in time: no beat is missed', async () => {
  const { clock, runtime, session, told } = await begun('required');
  session.subscribe((event) => {
    if (event.type === 'session.late') session.beat();
  });
  await clock.advance(5_000 + TICK);
  expect(told().slice(3)).toEqual(['late', 'recovered']);
  expect(runtime.stats().misses).toBe(0);
});

test('an activity is a sign of life too', async () => {
  const { clock, session, told } = await begun('required');
  for (let turn = 0; turn < 10; turn += 1) {
    await clock.advance(4_900);
    await session.touch();
  }
  expect(told()).not.toContain('late');
  expect(session.state).toBe('active');
});

test('running work is never ended by silence, and silence counts from its end', async () => {
  const { clock, session } = await begun();
  const work = openWork(session, { timeoutMs: 'off' });
  await clock.advance(500_000);
  expect(session.state).toBe('active');
  work.finish('done');
  await work.result;
  await clock.advance(10_000 - TICK);
  expect(session.state).toBe('active');
  await clock.advance(2 * TICK);
  expect(session.state).toBe('idle');
  await clock.advance(50_000 + TICK);
  expect(session.info().reason).toBe('idle-timeout');
});

test('work holds off the end by a lost heartbeat, and the missed beats are told all the same', async () => {
  const { clock, session, told } = await begun('required');
  const work = openWork(session);
  await clock.advance(60_000);
  expect(session.state).toBe('active');
  expect(told().filter((one) => one === 'beat-missed')).toHaveLength(2);
  session.beat();
  work.finish('done');
  await work.result;
  await clock.advance(9_000);
  expect(session.state).toBe('active');
});

test('who waited for an answer has the whole heartbeat window from that answer on', async () => {
  const { clock, session } = await begun('required');
  const work = openWork(session);
  await clock.advance(60_000);
  work.finish('done');
  await work.result;
  await clock.advance(15_000 - 1);
  expect(session.state).not.toBe('terminated');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('a paused session has only pausedTimeout and its lifetime', async () => {
  const { clock, session, told } = await begun('required');
  await session.pause();
  await clock.advance(120_000 - 1);
  expect(session.state).toBe('paused');
  expect(told()).not.toContain('late');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('paused-timeout');
});

test('a paused session that is touched stays paused, and its pause goes on', async () => {
  const { clock, session } = await begun();
  await session.pause();
  await clock.advance(100_000);
  const { lastActivityAt } = session.info();
  await session.touch();
  session.beat();
  expect(session.state).toBe('paused');
  expect(session.info().lastActivityAt).toBe(lastActivityAt);
  await clock.advance(20_000 + TICK);
  expect(session.info().reason).toBe('paused-timeout');
});

test('after a long pause a resumed session has its full windows again', async () => {
  const { clock, session, told } = await begun('required');
  await session.pause();
  await clock.advance(110_000);
  await session.resume();
  await clock.advance(5_000 - 1);
  expect(told()).not.toContain('late');
  await clock.advance(10_000);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('a session as old as maxLifetime ends, however busy its client is', async () => {
  const { clock, session } = await begun();
  for (let passed = 0; passed < 1_000_000 - 5_000; passed += 5_000) {
    await clock.advance(5_000);
    await session.touch();
  }
  await clock.advance(5_000 - 1);
  expect(session.state).toBe('active');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('max-lifetime');
});

test('at maxLifetime new work is refused, running work has 30 s, then its signal', async () => {
  const { clock, session } = await begun();
  await clock.advance(100);
  const work = openWork(session, { timeoutMs: 'off' });
  await clock.advance(999_900 + TICK);
  expect(session.state).toBe('active');
  const refused = await rejectionOf(session.run('late', () => 1));
  expect(refused).toBeInstanceOf(SessionTerminatedError);
  expect(refused).toMatchObject({ reason: 'max-lifetime' });
  await clock.advance(30_000 - 2 * TICK);
  expect(work.aborted()).toBe(false);
  await clock.advance(3 * TICK);
  expect(work.aborted()).toBe(true);
  expect(await rejectionOf(work.result)).toMatchObject({ reason: 'max-lifetime' });
  expect(session.info().reason).toBe('max-lifetime');
});

test('at maxLifetime a session ends as soon as its last work is done', async () => {
  const { clock, session } = await begun();
  const work = openWork(session, { timeoutMs: 'off' });
  await clock.advance(1_010_000);
  work.finish('in time');
  expect(await work.result).toBe('in time');
  await clock.advance(TICK);
  expect(session.info()).toMatchObject({ reason: 'max-lifetime', state: 'terminated' });
});

test('presences come and go as events, once each, and without beats hold off no deadline', async () => {
  const { clock, session, events, told } = await begun();
  const leave = session.attach();
  session.attach();
  expect(session.info().presences).toBe(2);
  leave();
  leave();
  expect(session.info().presences).toBe(1);
  const counts = events.flatMap((event) => ('presences' in event ? [event.presences] : []));
  expect(counts).toEqual([1, 2, 1]);
  await clock.advance(60_000 + TICK);
  expect(session.state).toBe('terminated');
  expect(told().filter((one) => one === 'detached')).toHaveLength(1);
});

test('the answer to a beat gives an upper bound, and is no beat itself', async () => {
  const { clock, session, told } = await begun('required');
  const bounds = Array.from({ length: 200 }, () => session.beatReply().nextBeatWithinMs ?? 0);
  expect(Math.max(...bounds)).toBeLessThanOrEqual(5_000);
  expect(Math.min(...bounds)).toBeGreaterThanOrEqual(4_500);
  expect(session.beatReply()).toMatchObject({
    type: 'heartbeat',
    id: session.id,
    timestamp: clock.wall(),
  });
  await clock.advance(4_999);
  session.beatReply();
  await clock.advance(1 + TICK);
  expect(told()).toContain('late');
});
