import { expect, test } from 'vitest';
import { quietRuntime, TICK, toldOf } from '../fixture.ts';

// idleAfter 10 s, idleTimeout 60 s, maxLifetime 1,000 s. A stream that is open proves nothing: a peer that is gone may
// keep one. What comes from the client while one is open, a beat, proves that somebody is there.

const attached = async (beats: 'first' | 'off' = 'off') => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ beats });
  const leave = session.attach();
  const told = () => toldOf(events, session.id);
  return { clock, session, leave, told };
};

test('a presence that proves life holds off idleTimeout, for as long as it does', async () => {
  const { clock, session } = await attached('first');
  for (let passed = 0; passed < 300_000; passed += 4_000) {
    await clock.advance(4_000);
    session.beat();
  }
  expect(session.state).toBe('idle');
  await clock.advance(15_000 + TICK);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('it does not hold off idle', async () => {
  const { clock, session } = await attached();
  await clock.advance(5_000);
  session.beat();
  await clock.advance(5_000 + TICK);
  expect(session.state).toBe('idle');
  session.beat();
  expect(session.state).toBe('idle');
});

test('it does not hold off maxLifetime', async () => {
  const { clock, session } = await attached();
  for (let passed = 0; passed < 960_000; passed += 40_000) {
    await clock.advance(40_000);
    session.beat();
  }
  await clock.advance(40_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('max-lifetime');
});

test('an open presence without beats holds off nothing', async () => {
  const { clock, session, told } = await attached();
  await clock.advance(30_000);
  session.attach();
  await clock.advance(30_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('idle-timeout');
  expect(told()).not.toContain('detached');
});

test('idleTimeout counts from the last proof, also once the presence has gone', async () => {
  const { clock, session, leave } = await attached();
  await clock.advance(50_000);
  session.beat();
  await clock.advance(2_000);
  leave();
  // Nobody is there any more: this one proves nothing.
  await clock.advance(20_000);
  session.beat();
  await clock.advance(38_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info()).toMatchObject({ reason: 'idle-timeout', state: 'terminated' });
});

test('a beat before a presence came proves nothing, and one while another is left does', async () => {
  const { clock, session, leave } = await attached();
  leave();
  await clock.advance(30_000);
  session.beat();
  const [one, other] = [session.attach(), session.attach()];
  one();
  await clock.advance(10_000);
  session.beat();
  other();
  await clock.advance(60_000 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(1 + TICK);
  expect(session.info().reason).toBe('idle-timeout');
});

test('a proof is no activity', async () => {
  const { clock, session } = await attached();
  const { lastActivityAt } = session.info();
  await clock.advance(7_000);
  session.beat();
  expect(session.info().lastActivityAt).toBe(lastActivityAt);
});
