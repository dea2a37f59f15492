import { expect, test } from 'vitest';
import type { Session } from '../../../src/index.ts';
import type { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { toldOf } from '../fixture.ts';
import { after, crash, durableRuntime, processOver, withStored } from './fixture.ts';

// Signs of life across hibernation, a deploy and a crash. idleTimeout is 60 s, the heartbeat window 15 s.

/** Beats every 4 s for so long. */
const beating = async (clock: VirtualClock, session: Session, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 4_000) {
    session.beat();
    await clock.advance(4_000);
  }
};

/** A session that is kept by what its attached stream proves, for so long. */
const kept = async (ms: number) => {
  const process = durableRuntime();
  const { clock, runtime } = process;
  const session = await after(clock, runtime.create({ principal: 'ada', beats: 'off' }));
  const detach = session.attach();
  await beating(clock, session, ms);
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  return { ...process, session, detach };
};

test('the last proof of life of an attached client counts after a deploy', async () => {
  const first = await kept(90_000);
  const { clock, session, runtime } = first;
  await after(clock, runtime.drain(), 100);
  const second = processOver(first);
  await clock.advance(20_000);
  const again = await after(clock, second.runtime.get(session.id));
  await after(clock, again.touch());
  await clock.advance(100_000);
  expect(toldOf(second.events, session.id).at(-1)).toBe('ended:idle-timeout');
});

test('a stored session that was heard of is kept until that is recorded, though nobody has a reference', async () => {
  const { clock, runtime, session, detach, context } = await kept(80_000);
  detach();
  expect(context.away).toMatchObject({ held: 0, inContact: 1 });
  const again = await after(clock, runtime.get(session.id));
  await after(clock, again.touch());
  expect(again.state).toBe('active');
});

test('the first beat of a stored session starts a watch that is kept', async () => {
  const { clock, session, runtime } = await withStored({ deadlines: { idleTimeoutMs: 600_000 } });
  session.beat();
  await clock.advance(14_900);
  expect(session.state).toBe('idle');
  await clock.advance(500);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'heartbeat-lost' });
  expect(runtime.stats().woken).toBe(0);
});

test('after a crash nobody ends for beats that its process did not live to hear', async () => {
  const deadlines = { idleTimeoutMs: 600_000 };
  const first = durableRuntime({ deadlines });
  const { clock } = first;
  const made = await after(
    clock,
    first.runtime.create({ principal: 'ada', beats: 'required' }),
    2_000,
  );
  crash(first);
  const second = processOver(first, { deadlines });
  await clock.advance(60_000);
  expect(toldOf(second.events, made.id)).toEqual([]);
  const session = await after(clock, second.runtime.get(made.id));
  await after(clock, session.touch());
  // From the wake on they are watched.
  await clock.advance(16_000);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('what a stored session tells has numbers that no later process gives again', async () => {
  const first = await withStored();
  const { clock, session, runtime, context } = first;
  session.attach()();
  expect(context.away).toMatchObject({ held: 0, inContact: 1 });
  await after(clock, runtime.drain(), 100);
  const second = processOver(first);
  const again = await after(clock, second.runtime.get(session.id));
  await after(clock, again.touch());
  const told = [...first.events, ...second.events].flatMap((event) =>
    'seq' in event ? [{ type: event.type, seq: event.seq }] : [],
  );
  expect(told.map(({ type }) => type).slice(-4)).toEqual([
    'session.attached',
    'session.detached',
    'session.woken',
    'session.state-changed',
  ]);
  expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
});

test('proofs of life of a stored session, and then a crash: they are known to about a tenth of idleTimeout', async () => {
  const first = durableRuntime();
  const { clock, runtime } = first;
  const session = await after(clock, runtime.create({ principal: 'ada', beats: 'off' }));
  session.attach();
  for (let n = 0; n < 29; n += 1) {
    session.beat();
    await clock.advance(4_000);
  }
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  crash(first);
  const second = processOver(first);
  const again = await after(clock, second.runtime.get(session.id));
  await clock.advance(48_000);
  expect(again.info()).toMatchObject({ state: 'idle', reason: null });
});

test('beats of a stored session, and then a crash: it is not ended at the restart', async () => {
  const first = durableRuntime({ deadlines: { idleTimeoutMs: 600_000 } });
  const { clock, runtime } = first;
  const session = await after(clock, runtime.create({ principal: 'ada', beats: 'required' }));
  for (let n = 0; n < 20; n += 1) {
    session.beat();
    await clock.advance(4_000);
  }
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  crash(first);
  const second = processOver(first, { deadlines: { idleTimeoutMs: 600_000 } });
  const again = await after(clock, second.runtime.get(session.id));
  await clock.advance(4_000);
  expect(again.info()).toMatchObject({ state: 'idle', reason: null });
});
