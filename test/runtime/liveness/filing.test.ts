import { expect, test } from 'vitest';
import { faultyRuntime, quietRuntime, TICK, toldOf } from '../fixture.ts';

// What starts silence anew makes up for a client that was late, and says so. Beats are 3 × 5 s.

const late = async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  const told = () => toldOf(events, session.id).slice(3);
  await clock.advance(6_000);
  expect(told()).toEqual(['late', 'beat-missed']);
  return { clock, session, told };
};

test('a pause and a resume make up for a late client: it is told that it recovered, once', async () => {
  const { clock, session, told } = await late();
  await session.pause();
  await session.resume();
  expect(told().slice(2)).toEqual([
    'active>paused',
    'paused',
    'paused>active',
    'resumed',
    'recovered',
  ]);
  session.beat();
  expect(told().filter((one) => one === 'recovered')).toHaveLength(1);
  await clock.advance(5_000 + TICK);
  expect(told().filter((one) => one === 'late')).toHaveLength(2);
});

test('a client that was not late has nothing to recover from', async () => {
  const { runtime, events } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  await session.pause();
  await session.resume();
  expect(toldOf(events, session.id)).not.toContain('recovered');
});

test('a listener that ends the session at its recovery is told of its resume first, and its end last', async () => {
  const { clock, session, told } = await late();
  session.subscribe((event) => {
    if (event.type === 'session.recovered') session.terminate().catch(() => undefined);
  });
  await session.pause();
  await session.resume();
  await clock.settle();
  expect(told().slice(2)).toEqual([
    'active>paused',
    'paused',
    'paused>active',
    'resumed',
    'recovered',
    'active>terminating',
    'terminating>terminated',
    'ended:client',
  ]);
});

test('a recovery is told behind the resume that is still to be recorded', async () => {
  const { clock, runtime, store, events } = faultyRuntime();
  const session = await runtime.create({ beats: 'required' });
  await clock.advance(6_000);
  await session.pause();
  store.break('stall');
  const resumed = session.resume();
  await clock.settle();
  expect(toldOf(events, session.id).at(-1)).toBe('paused');
  store.heal();
  await resumed;
  expect(toldOf(events, session.id).slice(-3)).toEqual(['paused>active', 'resumed', 'recovered']);
});

test('the last activity is the wall time of the last activity, wherever the wall has gone since', async () => {
  const { clock, runtime } = quietRuntime();
  const session = await runtime.create();
  await clock.advance(1_000);
  await session.touch();
  const at = clock.wall();
  await clock.advance(3_000);
  session.beat();
  expect(session.info().lastActivityAt).toBe(at);
});
