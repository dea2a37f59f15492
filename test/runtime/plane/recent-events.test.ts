import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Recent } from '../../../src/runtime/plane/recent-events.ts';
import { quietRuntime, toldOf, toldOfItself } from '../fixture.ts';

// What a late subscriber missed, as far as it is still kept.

test('the last so many are kept, oldest first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.array(fc.nat()), (most, all) => {
      const recent = new Recent<number>(most);
      for (const one of all) recent.add(one);
      expect(recent.list()).toEqual(all.slice(-most));
    }),
  );
});

test('a list is a copy: what is told later does not change it', () => {
  const recent = new Recent<number>(2);
  recent.add(1);
  const list = recent.list();
  recent.add(2);
  recent.add(3);
  expect([list, recent.list()]).toEqual([[1], [2, 3]]);
});

test('a late subscriber reads what it missed, as it was told, and joins without a hole', async () => {
  const { runtime, events } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  await session.pause();
  const missed = session.recentEvents();
  expect(missed).toEqual(events);
  const heard: number[] = [];
  session.subscribe(({ seq }) => heard.push(seq));
  await session.resume();
  expect([...missed.map(({ seq }) => seq), ...heard]).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('each session gives its own; the runtime gives all, and its own', async () => {
  const { runtime, events } = quietRuntime();
  const ada = await runtime.create({ principal: 'ada' });
  const bob = await runtime.create({ principal: 'bob' });
  await ada.pause();
  expect(toldOf(ada.recentEvents(), bob.id)).toEqual([]);
  expect(ada.recentEvents()).toHaveLength(5);
  expect(bob.recentEvents()).toHaveLength(3);
  expect(runtime.recentEvents()).toEqual(events);
  await runtime.close();
  expect(toldOfItself(runtime.recentEvents())).toEqual(['runtime.draining']);
});

test('they can be read after the end, by its reference and by its tombstone', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  await session.terminate();
  const tombstone = await runtime.get(session.id);
  expect(session.recentEvents().at(-1)).toMatchObject({ type: 'session.ended' });
  expect(tombstone.recentEvents()).toEqual(session.recentEvents());
});

test('maxRecentEvents is for all sessions together', async () => {
  const { runtime, events } = quietRuntime({ maxRecentEvents: 4 });
  const ada = await runtime.create();
  await runtime.create();
  expect(runtime.recentEvents()).toEqual(events.slice(-4));
  expect(ada.recentEvents()).toEqual(events.slice(2, 3));
});
