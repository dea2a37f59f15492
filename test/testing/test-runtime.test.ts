import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { InvalidOptionError } from '../../src/errors.ts';
import { isSessionId } from '../../src/identity/session-id.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createTestRuntime } from '../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

const flaky = setup({}).createMachine({
  on: {
    fail: {
      actions: () => {
        throw new Error('it fails');
      },
    },
  },
});

/** A life with ids, jitter, a restart with backoff, deadlines and an end in it. */
const liveOnce = async (seed: number) => {
  const life = createTestRuntime({
    seed,
    behaviours: { flaky: { logic: flaky } },
    deadlines: { heartbeatIntervalMs: 5_000 },
  });
  const replies: unknown[] = [];
  const sessions = [];
  for (const principal of ['ada', 'bob', null]) {
    sessions.push(await life.runtime.create({ principal, behaviour: 'flaky', beats: 'required' }));
  }
  for (const session of sessions) {
    replies.push(session.beatReply());
    await session.send({ type: 'fail' });
  }
  await life.advance(2_000);
  sessions[0]?.beat();
  await life.advance(60 * 60_000);
  await life.close();
  life.expectNoLeaks();
  return { events: life.events, replies };
};

test('two runs with one seed have the same ids, the same jitter and the same events', async () => {
  const [one, again, other] = [await liveOnce(11), await liveOnce(11), await liveOnce(12)];
  expect(one.events.length).toBeGreaterThan(20);
  expect(again).toEqual(one);
  expect(other.events).not.toEqual(one.events);
  expect(other.replies).not.toEqual(one.replies);
});

test('ids are session ids, and not those of the next seed', async () => {
  const [one, two] = [createTestRuntime({ seed: 1 }), createTestRuntime({ seed: 2 })];
  const ids = [(await one.runtime.create()).id, (await two.runtime.create()).id];
  expect(ids.every(isSessionId)).toBe(true);
  expect(new Set(ids).size).toBe(2);
});

test('what the test draws by a name of its own shifts nothing of the runtime', async () => {
  const [one, two] = [createTestRuntime({ seed: 1 }), createTestRuntime({ seed: 1 })];
  for (let n = 0; n < 10; n += 1) two.randomness.fork('clients').number();
  two.randomness.base64url(24);
  expect((await one.runtime.create()).id).toBe((await two.runtime.create()).id);
});

test('time stands still but for advance, and both axes move', async () => {
  const life = createTestRuntime();
  const { clock } = life;
  const session = await life.runtime.create();
  expect(session.state).toBe('active');
  await life.advance(2 * 60_000 + 250);
  expect(session.state).toBe('idle');
  expect(clock.mono()).toBe(2 * 60_000 + 250);
  expect(clock.wall() - clock.mono()).toBe(Date.UTC(2026, 0, 1));
});

test('a stall, a suspend and a step of the wall clock are told as gaps', async () => {
  const life = createTestRuntime();
  const gaps = () =>
    life.events.flatMap((event) => (event.type === 'runtime.time-gap' ? [event] : []));
  await life.advance(1_000);
  life.stall(10_000);
  await life.advance(1_000);
  life.suspend(20_000);
  await life.advance(1_000);
  life.stepWall(-30_000);
  await life.advance(1_000);
  expect(gaps().map(({ kind }) => kind)).toEqual(['stall', 'wall-ahead', 'wall-behind']);
});

test('an advance that comes to no fixpoint says what goes on and on', async () => {
  const life = createTestRuntime({ clock: createVirtualClock({ maxActions: 1_000 }) });
  const nag = () => {
    life.clock.scheduler.schedule(nag);
  };
  nag();
  const error = await life.advance(1_000).catch(String);
  expect(error).toContain('ran 1000 actions at 0 ms without time moving on');
  expect(error).toMatch(/scheduled by \S*nag \(test\/testing\/test-runtime\.test\.ts:\d+\)/);
});

test('close moves time on as far as it takes, and no further', async () => {
  const life = createTestRuntime({ cleanup: () => new Promise(() => undefined) });
  await life.runtime.create();
  const closing = life.close();
  await expect(closing).resolves.toMatchObject({ ended: 1, left: [] });
  expect(life.clock.mono()).toBe(5_000);
  expect(await life.close()).toBe(await closing);
  life.expectNoLeaks();
});

test('a runtime that is left at the end of a block is closed', async () => {
  const life = createTestRuntime();
  {
    await using inner = life;
    await inner.runtime.create();
  }
  expect(life.events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'shutdown' });
});

test('several runtimes on one clock do not see one another', async () => {
  const clock = createVirtualClock({ traced: true });
  const [one, two] = [createTestRuntime({ clock }), createTestRuntime({ clock })];
  one.expectNoLeaks();
  two.expectNoLeaks();
  await one.close();
  one.expectNoLeaks();
  await two.close();
  two.expectNoLeaks();
});

test('what was on a clock before is somebody else’s', async () => {
  const clock = createVirtualClock();
  clock.scheduler.schedule(() => undefined, 60 * 60_000);
  const life = createTestRuntime({ clock });
  life.expectNoLeaks();
  await life.close();
  life.expectNoLeaks();
});

test('a store that is given is the one that is used', async () => {
  const store = createMemoryStore();
  const life = createTestRuntime({ store });
  const { id } = await life.runtime.create();
  expect(life.store).toBe(store);
  expect(await store.load(id)).toMatchObject({ id, state: 'active' });
});

test('options that are not allowed are refused', () => {
  expect(() => createTestRuntime({ seed: 0.5 })).toThrow(InvalidOptionError);
  expect(() => createTestRuntime({ maxResident: 0 })).toThrow(InvalidOptionError);
  expect(() => createTestRuntime({ sede: 1 } as object)).toThrow(InvalidOptionError);
});
