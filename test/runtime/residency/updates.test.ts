import { expect, test } from 'vitest';
import { after, durableRuntime, elapsed, REST_MS } from './fixture.ts';

// The change of an update may take a moment: its session is not put away under it.

/** A paused session with an update under way that takes so long. */
const withUpdate = async (ms: number) => {
  const process = durableRuntime();
  const { clock, runtime, disk } = process;
  const session = await after(clock, runtime.create({ principal: 'ada', data: { n: 1 } }));
  await after(clock, session.pause());
  await clock.advance(REST_MS - 300);
  const updated = session.update(async () => {
    await elapsed(clock, ms);
    return { n: 2 };
  });
  updated.catch(() => undefined);
  const recorded = (): unknown => disk.records()[0]?.session.data;
  return { ...process, session, updated, recorded };
};

test('a paused session stays in memory until an update that takes a moment is recorded', async () => {
  const { clock, session, updated, recorded } = await withUpdate(1_000);
  await clock.advance(600);
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'paused' });
  expect(recorded()).toEqual({ n: 1 });
  await after(clock, updated, 500);
  expect(recorded()).toEqual({ n: 2 });
  // Then it rests, and what it comes back with is the update.
  await clock.advance(REST_MS + 1_000);
  expect(session.info().residency).toBe('stored');
  await after(clock, session.touch());
  expect(session.data).toEqual({ n: 2 });
});

test('a drain puts a session away once the update that has begun is recorded', async () => {
  const { clock, runtime, updated, recorded } = await withUpdate(3_000);
  const drained = runtime.drain();
  await clock.advance(10_000);
  expect(await updated).toEqual({ n: 2 });
  expect(await drained).toMatchObject({ hibernated: 1, left: [] });
  expect(recorded()).toEqual({ n: 2 });
});
