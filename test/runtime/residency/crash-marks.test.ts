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
