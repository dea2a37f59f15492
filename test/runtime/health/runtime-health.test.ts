import { expect, test } from 'vitest';
import { faultyRuntime, openWork, quietRuntime, TICK } from '../fixture.ts';

const NONE = { healthy: 0, late: 0, silent: 0, stuck: 0, failing: 0 };

test('a runtime that is well', async () => {
  const { runtime } = quietRuntime({ maxResident: 3 });
  await runtime.create();
  await runtime.create();
  expect(runtime.health()).toEqual({
    status: 'healthy',
    problems: [],
    resident: 2,
    maxResident: 3,
    store: 'ok',
    sessions: { ...NONE, healthy: 2 },
  });
});

test('sessions are counted by how they fare; theirs is not the trouble of the whole', async () => {
  const { runtime, clock } = quietRuntime();
  await runtime.create();
  await runtime.create({ beats: 'required' });
  const stuck = await runtime.create();
  openWork(stuck, { timeoutMs: 6_000 });
  await clock.advance(5_000 + TICK);
  expect(runtime.health()).toMatchObject({
    status: 'healthy',
    problems: ['Sessions that are stuck: 1.'],
    sessions: { ...NONE, healthy: 1, late: 1, stuck: 1 },
  });
});

test('failing while the store is', async () => {
  const { runtime, store, clock } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  await session.pause().catch(() => undefined);
  const { status, problems, store: told, sessions } = runtime.health();
  expect([status, told, sessions.failing]).toEqual(['failing', 'failing', 1]);
  expect(problems).toEqual([
    'The store does not take changes; they are tried again. It says: "commit was made to fail"',
    'Sessions that are failing: 1.',
  ]);
  store.heal();
  await clock.advance(60_000);
  expect(runtime.health()).toMatchObject({ status: 'healthy', store: 'ok', problems: [] });
});

test('full is told, and so is an event loop that is held up', async () => {
  const { runtime, clock } = quietRuntime({ maxResident: 1 });
  await runtime.create();
  expect(runtime.health().problems).toEqual(['There is no room: 1 of 1 sessions.']);
  clock.stall(9_000);
  await clock.advance(0);
  expect(runtime.health().problems[1]).toMatch(/^The event loop is held up: .* \d+ ms late\.$/);
  await clock.advance(2 * TICK);
  expect(runtime.health().problems.length).toBe(1);
});

test('draining, then stopped', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create();
  openWork(session);
  const drained = runtime.drain();
  expect(runtime.health().status).toBe('draining');
  await clock.advance(20_000);
  await drained;
  expect(runtime.health()).toMatchObject({ status: 'stopped', resident: 0, sessions: NONE });
});
