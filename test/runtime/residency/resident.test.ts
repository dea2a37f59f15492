import { expect, test } from 'vitest';
import { after, durableRuntime, newDisk, processOver, REST_MS } from './fixture.ts';

// A stream that keeps its session in memory: `attach({ resident: true })`.

const STORED_MS = 10_000 + REST_MS + 600;
const LONG = { deadlines: { idleTimeoutMs: 600_000 } };

test('an attached stream keeps its session in memory where it asks for that, and not where it does not', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const kept = await after(clock, runtime.create());
  const plain = await after(clock, runtime.create());
  kept.attach({ resident: true });
  plain.attach();
  await clock.advance(5 * STORED_MS);
  expect(kept.info()).toMatchObject({ residency: 'resident', state: 'idle', presences: 1 });
  expect(plain.info()).toMatchObject({ residency: 'stored', presences: 1 });
});

test('when the last of them goes, the session rests from then on', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  const [first, second] = [session.attach({ resident: true }), session.attach({ resident: true })];
  await clock.advance(2 * STORED_MS);
  first();
  first();
  await clock.advance(2 * STORED_MS);
  expect(session.info().residency).toBe('resident');
  second();
  await clock.advance(REST_MS - 100);
  expect(session.info().residency).toBe('resident');
  await clock.advance(500);
  expect(session.info().residency).toBe('stored');
  expect(runtime.validateAll()).toEqual([]);
});

test('a paused session is kept too', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  const detach = session.attach({ resident: true });
  await after(clock, session.pause());
  await clock.advance(2 * STORED_MS);
  expect(session.info().residency).toBe('resident');
  detach();
  await clock.advance(REST_MS + 500);
  expect(session.info().residency).toBe('stored');
});

test('one that comes while the session is being put away keeps it', async () => {
  const under = durableRuntime(LONG);
  const { clock, runtime } = under;
  const session = await after(clock, runtime.create());
  await clock.advance(10_000 + REST_MS - 100);
  for (let ms = 0; ms < 1_000 && session.info().residency === 'resident'; ms += 1) {
    await clock.advance(1);
  }
  expect(session.info().residency).toBe('hibernating');
  session.attach({ resident: true });
  await clock.advance(STORED_MS);
  expect(session.info().residency).toBe('resident');
  expect(runtime.stats().hibernated).toBe(0);
});

test('its deadlines end it as before', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create());
  session.attach({ resident: true });
  await clock.advance(61_000);
  expect(session.info().reason).toBe('idle-timeout');
});

test('it makes no room for another session', async () => {
  const { clock, runtime } = durableRuntime({ ...LONG, maxResident: 1 });
  const session = await after(clock, runtime.create());
  const detach = session.attach({ resident: true });
  await clock.advance(11_000);
  await expect(after(clock, runtime.create())).rejects.toMatchObject({
    code: 'ERR_HOLDFAST_CAPACITY',
  });
  detach();
  await after(clock, runtime.create());
  expect(session.info().residency).toBe('stored');
});

test('on a stored session it wakes nothing, and keeps what something else wakes', async () => {
  const { clock, runtime } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  await clock.advance(STORED_MS);
  const detach = session.attach({ resident: true });
  await clock.advance(STORED_MS);
  expect(session.info()).toMatchObject({ residency: 'stored', presences: 1 });
  await after(clock, session.touch());
  await clock.advance(2 * STORED_MS);
  expect(session.info().residency).toBe('resident');
  detach();
  await clock.advance(REST_MS + 500);
  expect(session.info().residency).toBe('stored');
});

test('one that goes from a stored session wakes nothing', async () => {
  const { clock, runtime, context } = durableRuntime(LONG);
  const session = await after(clock, runtime.create());
  await clock.advance(STORED_MS);
  session.attach({ resident: true })();
  await clock.advance(STORED_MS);
  expect(session.info()).toMatchObject({ residency: 'stored', presences: 0 });
  expect(runtime.stats().woken).toBe(0);
  expect(context.hosts.size).toBe(0);
});

test('a drain puts it away all the same', async () => {
  const disk = newDisk();
  const { clock, runtime } = processOver(disk, LONG);
  const session = await after(clock, runtime.create());
  session.attach({ resident: true });
  const drained = runtime.drain();
  await clock.advance(1_000);
  expect(await drained).toMatchObject({ hibernated: 1, ended: 0, left: [] });
  const next = processOver(disk, LONG);
  const again = await after(clock, next.runtime.get(session.id));
  expect(again.info()).toMatchObject({ residency: 'stored', presences: 0 });
});

test('an option that is none is refused', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create());
  expect(() => session.attach({ residents: true } as object)).toThrow(/resident/);
  expect(session.info().presences).toBe(0);
});
