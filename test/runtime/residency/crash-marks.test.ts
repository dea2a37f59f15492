import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { after, crash, durableRuntime, processOver, withStored } from './fixture.ts';

// What the record of a session says of the process that holds it, for the one that finds it after a crash.

test('a session whose process was gone after a wake says that it comes from a crash', async () => {
  const first = await withStored();
  const { clock, session } = first;
  await after(clock, session.touch());
  expect(session.info().residency).toBe('resident');
  crash(first);
  const second = processOver(first);
  const again = await after(clock, second.runtime.get(session.id));
  await after(clock, again.touch());
  expect(second.events.filter(({ type }) => type === 'session.woken')).toMatchObject([
    { from: 'crash' },
  ]);
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

test('a session that a crash met right after its start is woken for the delays of its behaviour', async () => {
  const machine = setup({}).createMachine({
    initial: 'waiting',
    states: { waiting: { after: { 30_000: 'reminded' } }, reminded: {} },
  });
  const options = { behaviours: { reminder: { logic: machine } } };
  const first = durableRuntime(options);
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ behaviour: 'reminder' }), 10);
  crash(first);
  const second = processOver(first, options);
  const session = await after(clock, second.runtime.get(made.id), 10);
  await clock.advance(29_900);
  expect(session.info().residency).toBe('stored');
  await clock.advance(400);
  expect(session.info().residency).toBe('resident');
  expect(session.behaviour?.getSnapshot().value).toBe('reminded');
});
