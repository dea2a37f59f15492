import { expect, test } from 'vitest';
import { openWork } from '../fixture.ts';
import { after, durableRuntime, processOver } from './fixture.ts';

test('a drain over a durable store puts every session away, and the next process goes on with them', async () => {
  const first = durableRuntime();
  const { clock, disk } = first;
  const active = await after(clock, first.runtime.create({ principal: 'ada', data: { n: 1 } }));
  const paused = await after(clock, first.runtime.create({ principal: 'ada' }));
  await after(clock, paused.pause());
  const report = await after(clock, first.runtime.drain());
  expect(report).toMatchObject({ ended: 0, hibernated: 2, aborted: 0, left: [] });
  expect(disk.inUse).toBe(false);
  expect(clock.pending).toBe(0);
  const second = processOver(first);
  const session = await after(clock, second.runtime.get(active.id));
  await after(clock, session.touch());
  expect(session.data).toEqual({ n: 1 });
  expect(second.events).toContainEqual(
    expect.objectContaining({ type: 'session.woken', from: 'hibernation' }),
  );
  const other = await after(clock, second.runtime.get(paused.id));
  expect(other.state).toBe('paused');
});

test('work has its time, then its signal, and its session is put away', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  const work = openWork(session);
  await clock.advance(10);
  const drained = runtime.drain({ operationsMs: 3_000 });
  await clock.advance(2_900);
  expect(work.aborted()).toBe(false);
  await clock.advance(200);
  expect(work.aborted()).toBe(true);
  expect(await drained).toMatchObject({ ended: 0, hibernated: 1, aborted: 1, left: [] });
});
