import { expect, test } from 'vitest';
import { StoreError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, durableRuntime, faultyProcess, processOver } from './fixture.ts';

// Between the start of a runtime over a durable store and its first call.

test.each([
  ['before it is open', 0],
  ['once it is open', 50],
])(
  'where the wall clock was put back, a key that is asked for %s gives no time away',
  async (_when, openMs) => {
    const first = durableRuntime();
    const { clock, runtime } = first;
    const claim = { principal: 'ada', key: 'chat' };
    const made = await after(clock, runtime.getOrCreate(claim), 5_000);
    await after(clock, runtime.drain(), 100);
    clock.stepWall(-3_600_000);
    const second = processOver(first);
    await clock.advance(openMs);
    const session = await after(clock, second.runtime.getOrCreate(claim), 100);
    expect(session.id).toBe(made.id);
    await clock.advance(62_000);
    expect(session.info()).toMatchObject({ state: 'terminated', reason: 'idle-timeout' });
  },
);

test('a runtime that cannot be opened can be drained, and nothing runs afterwards', async () => {
  const { clock, runtime, store } = faultyProcess();
  store.break('fail');
  await clock.advance(2_000);
  expect(runtime.stats().state).toBe('starting');
  const waiting = runtime.create({ principal: 'ada' });
  waiting.catch(() => undefined);
  const report = await after(clock, runtime.drain(), 100);
  expect(report).toMatchObject({ hibernated: 0, ended: 0, left: [] });
  expect(await rejectionOf(waiting)).toBeInstanceOf(StoreError);
  expect(clock.pending).toBe(0);
});
