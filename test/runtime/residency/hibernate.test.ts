import { expect, test } from 'vitest';
import { toldOf } from '../fixture.ts';
import { after, durableRuntime, REST_MS, SYNC_MS } from './fixture.ts';

test('a session that has been idle for hibernateAfter is put away, and woken by the next call', async () => {
  const { clock, runtime, events, context } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada', data: { n: 1 } }));
  await after(clock, session.append({ role: 'user', content: 'hello' }));
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  expect(runtime.stats()).toMatchObject({ resident: 0, hibernated: 1 });
  expect(runtime.stats().byResidency).toEqual({
    resident: 0,
    hibernating: 0,
    stored: 1,
    waking: 0,
  });
  expect(session.data).toEqual({ n: 1 });
  expect((await after(clock, session.messages())).messages).toHaveLength(1);
  expect(session.info().residency).toBe('stored');

  await after(clock, session.touch());
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'active' });
  expect(toldOf(events, session.id).slice(-4)).toEqual([
    'active>idle',
    'hibernated',
    'woken',
    'idle>active',
  ]);
  const seqs = events.flatMap((event) => ('seq' in event ? [event.seq] : []));
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(runtime.validateAll()).toEqual([]);
  expect(context.lanes.size).toBe(0);
});

test('a paused one too, and it is paused when it is woken', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create());
  await after(clock, session.pause());
  await clock.advance(REST_MS + 600);
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'paused' });
  await after(clock, session.append({ role: 'user', content: 'hello' }));
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'paused' });
  await after(clock, session.resume());
  expect(session.state).toBe('active');
});

test('a stored session is ended by its deadline without being woken, to the tick', async () => {
  const { clock, runtime, events, disk } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }), 0 + 10);
  await clock.advance(60_000 - 10 - 1);
  expect(session.state).toBe('idle');
  await clock.advance(300);
  expect(toldOf(events, session.id).slice(-4)).toEqual([
    'hibernated',
    'idle>terminating',
    'terminating>terminated',
    'ended:idle-timeout',
  ]);
  expect(runtime.stats()).toMatchObject({ resident: 0, woken: 0, ended: { 'idle-timeout': 1 } });
  expect(disk.records()).toMatchObject([{ state: 'terminated', due: { deadline: 'tombstone' } }]);
  expect(runtime.validateAll()).toEqual([]);
});

test('terminate ends a stored session without waking it', async () => {
  const { clock, runtime, events } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(20_000);
  expect(await after(clock, session.terminate())).toBe('client');
  expect(session.state).toBe('terminated');
  expect(runtime.stats().woken).toBe(0);
  expect(toldOf(events, session.id).slice(-1)).toEqual(['ended:client']);
});

test('one that is called as it is put away stays, and is in order meanwhile', async () => {
  const { clock, runtime, context } = durableRuntime();
  const session = await after(clock, runtime.create());
  await after(clock, session.pause());
  while (session.info().residency !== 'hibernating') await clock.advance(1);
  await session.touch();
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'paused' });
  // Its record is under way still, and says that it was put away.
  expect(context.lanes.size).toBe(1);
  expect(runtime.validateAll()).toEqual([]);
  await clock.advance(SYNC_MS * 2);
  expect(context.lanes.size).toBe(0);
  expect(runtime.validateAll()).toEqual([]);
});
