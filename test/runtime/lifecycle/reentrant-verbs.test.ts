import { expect, test } from 'vitest';
import { faultyRuntime, quietRuntime, toldOf } from '../fixture.ts';

const neverEnding = () => new Promise<never>(() => {});

test('a listener that resumes while pause aborts the work: the plane ends where the actor does', async () => {
  const { runtime, events, clock } = quietRuntime();
  const session = await runtime.create();
  const work = session.run('x', neverEnding);
  work.catch(() => {});
  session.subscribe((event) => {
    if (event.type === 'session.operation-finished') session.resume();
  });
  await session.pause({ abort: true });
  await clock.settle();
  expect(session.state).toBe('active');
  expect(session.actor.getSnapshot().value).toBe('active');
  expect(toldOf(events, session.id).slice(-5)).toEqual([
    'active>paused',
    'paused',
    'operation-finished',
    'paused>active',
    'resumed',
  ]);
  expect(runtime.validateAll()).toEqual([]);
});

test('whoever hears of the abort may ask for the end: it is recorded once, with all it tells', async () => {
  const { runtime, events, store, clock, memory } = faultyRuntime();
  const session = await runtime.create({ principal: 'ada' });
  // Something is left to record, so that asking for the end begins an attempt at once.
  store.break('fail');
  await session.pause().catch(() => {});
  store.heal();
  const shown: string[] = [];
  session.signal.addEventListener('abort', () => {
    session.terminate().then(() => shown.push(session.state));
  });
  await session.terminate();
  shown.push(session.state);
  await clock.settle();
  expect(shown).toEqual(['terminated', 'terminated']);
  expect(runtime.stats().ended).toEqual({ client: 1 });
  expect(toldOf(events, session.id).filter((told) => told.startsWith('ended'))).toHaveLength(1);
  expect((await memory.load(session.id))?.state).toBe('terminated');
});

test('a drain that is asked for by whoever hears of it is the same drain', async () => {
  const { runtime } = quietRuntime();
  let heard = 0;
  runtime.subscribe((event) => {
    if (event.type !== 'runtime.draining') return;
    heard += 1;
    runtime.close();
  });
  await runtime.create();
  expect((await runtime.close()).ended).toBe(1);
  expect(heard).toBe(1);
});

test('an end that is asked for when all is over is refused, and not waited for', async () => {
  const { runtime, store, clock } = faultyRuntime({ only: (method) => method === 'commit' });
  const session = await runtime.create();
  store.break('stall');
  // Nothing frees what stalls: a store that is hung is hung for good.
  store.close = () => Promise.resolve();
  const drained = runtime.close();
  await clock.advance(60_000);
  expect((await drained).left).toEqual([session.id]);
  await expect(session.terminate()).rejects.toMatchObject({ code: 'ERR_HOLDFAST_STORE' });
});
