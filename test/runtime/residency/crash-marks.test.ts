import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { after, crash, durableRuntime, processOver, withStored } from './fixture.ts';

// What the record of a session says of the process that holds it, for the one that finds it after a crash.

/** What the next process says that the session comes from, once it has woken it. */
const wokenFrom = async (first: ReturnType<typeof durableRuntime>, id: string) => {
  const { runtime, events, clock } = processOver(first);
  const session = await after(clock, runtime.get(id));
  await after(clock, session.touch());
  return events.flatMap((event) => (event.type === 'session.woken' ? [event.from] : []));
};

test('where something was recorded since the last wake, a session comes from a crash', async () => {
  const first = await withStored();
  const { clock, session } = first;
  await after(clock, session.append({ role: 'user', content: 'hello' }));
  crash(first);
  expect(await wokenFrom(first, session.id)).toEqual(['crash']);
});

test('where nothing was, it comes from where it was put away', async () => {
  const first = await withStored();
  const { clock, session } = first;
  await after(clock, session.touch());
  expect(session.info().residency).toBe('resident');
  crash(first);
  expect(await wokenFrom(first, session.id)).toEqual(['hibernation']);
});

/** Longer than what is heard of a stored session stays unrecorded, and shorter than the heartbeat window of 15 s, ms. */
const RECORDED_MS = 4_000;

/** A process that finds a session which its process had in memory, and watched, when it crashed. */
const afterCrash = async () => {
  const options = { deadlines: { idleTimeoutMs: 60_000 } };
  const first = durableRuntime(options);
  const { clock } = first;
  const asked = first.runtime.create({ principal: 'ada', beats: 'required' });
  const { id } = await after(clock, asked, 2_000);
  crash(first);
  const second = processOver(first, options);
  return { ...second, id, session: await after(clock, second.runtime.get(id)) };
};

test('what is heard of it while it is stored does not make it one that was put away', async () => {
  const { clock, disk, events, runtime, session } = await afterCrash();
  session.attach();
  await clock.advance(RECORDED_MS);
  const [record] = disk.records();
  expect(record?.session.eventSeq).toBe(
    events.flatMap((one) => ('seq' in one ? one.seq : [])).at(-1),
  );
  expect(record?.session).not.toHaveProperty('putAway');
  // Nobody has heard a beat that could be missed.
  expect(record?.due?.deadline).toBe('idleTimeout');
  await clock.advance(20_000);
  expect(runtime.stats().woken).toBe(0);
  await after(clock, session.touch());
  expect(events).toContainEqual(expect.objectContaining({ type: 'session.woken', from: 'crash' }));
  // From the wake on its beats are watched, as they were.
  await clock.advance(16_000);
  expect(session.info().reason).toBe('heartbeat-lost');
});

test('nor does a beat, from which on its silence counts, in a later process too', async () => {
  const first = await afterCrash();
  const { clock, disk, runtime, session, id } = first;
  session.beat();
  await clock.advance(RECORDED_MS);
  const [record] = disk.records();
  expect(record?.session).not.toHaveProperty('putAway');
  expect(record?.due?.deadline).toBe('heartbeat');
  await after(clock, runtime.drain(), 200);
  const { events } = processOver(first, { deadlines: { idleTimeoutMs: 60_000 } });
  await clock.advance(17_000);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'session.ended', id, reason: 'heartbeat-lost' }),
  );
  expect(events.map(({ type }) => type)).not.toContain('session.woken');
});

test('and woken after it, it comes from a crash', async () => {
  const { clock, events, session } = await afterCrash();
  session.beat();
  await clock.advance(RECORDED_MS);
  await after(clock, session.touch());
  expect(events).toContainEqual(expect.objectContaining({ type: 'session.woken', from: 'crash' }));
});

test('a session that was about to be put away and was needed is not recorded as put away', async () => {
  const { clock, runtime, disk } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  while (session.info().residency !== 'hibernating') {
    session.beat();
    await clock.advance(1);
  }
  await after(clock, session.touch());
  const [record] = disk.records();
  expect(record?.session).not.toHaveProperty('putAway');
  // Nor would it be ended for beats that its process did not live to hear.
  expect(record?.due?.deadline).toBe('idleTimeout');
});

test('a session that was in memory at the crash is woken for a delay of its behaviour, at its time', async () => {
  const machine = setup({}).createMachine({
    initial: 'waiting',
    states: { waiting: { after: { 30000: 'reminded' } }, reminded: {} },
  });
  const options = { behaviours: { reminder: { logic: machine } } };
  const first = durableRuntime(options);
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ behaviour: 'reminder' }), 10);
  await after(clock, made.append({ role: 'user', content: 'remind me' }), 10);
  crash(first);
  const second = processOver(first, options);
  const session = await after(clock, second.runtime.get(made.id), 10);
  await clock.advance(29_900 - clock.mono());
  expect(session.info().residency).toBe('stored');
  await clock.advance(500);
  expect(session.info().residency).toBe('resident');
  expect(session.behaviour?.getSnapshot().value).toBe('reminded');
});

test('a crash right after the start of a behaviour: its delay comes at its time', async () => {
  const machine = setup({}).createMachine({
    initial: 'waiting',
    states: { waiting: { after: { 30000: 'reminded' } }, reminded: {} },
  });
  const options = { behaviours: { reminder: { logic: machine } } };
  const first = durableRuntime(options);
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ behaviour: 'reminder' }), 4_000);
  crash(first);
  const second = processOver(first, options);
  const session = await after(clock, second.runtime.get(made.id), 10);
  await clock.advance(30_500 - clock.mono());
  expect(session.info().residency).toBe('resident');
});
