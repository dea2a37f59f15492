import { expect, test } from 'vitest';
import { CapacityError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, durableRuntime, REST_MS } from './fixture.ts';

// What happens to a session on its way out of memory, or into it, is not lost with that way.

test('one that is resumed while it is put away is at no time recorded as put away and active', async () => {
  const { clock, runtime, disk } = durableRuntime();
  const session = await after(clock, runtime.create());
  await after(clock, session.pause());
  while (session.info().residency !== 'hibernating') await clock.advance(1);
  const resumed = session.resume();
  const seen = new Set<string>();
  for (let ms = 0; ms < 50; ms += 1) {
    await clock.advance(1);
    for (const { state, session: kept } of disk.records()) {
      seen.add(`${state}${kept.putAway === true ? ', put away' : ''}`);
    }
  }
  await resumed;
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'active' });
  expect([...seen]).toEqual(['paused', 'paused, put away', 'active']);
});

test('a first beat counts that comes while its session is woken, though there is no room for it', async () => {
  const { clock, runtime } = durableRuntime({ maxResident: 1 });
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  const other = await after(clock, runtime.create({ principal: 'bob' }));
  void other.run('work', () => new Promise<void>(() => {}));
  const touched = rejectionOf(session.touch());
  session.beat();
  await clock.advance(10);
  expect(await touched).toBeInstanceOf(CapacityError);
  // Three beats are missed, and no sweep is waited for.
  await clock.advance(3 * 5_000 + 300);
  expect(session.state).toBe('terminated');
});
