import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryStore, SessionNotFoundError } from '../../../src/index.ts';
import { Tombstones } from '../../../src/runtime/liveness/tombstones.ts';
import { faultyRuntime, noted, quietRuntime, rejectionOf } from '../fixture.ts';

// However many sessions end, the store keeps only so many tombstones.

const endOne = async ({ runtime }: ReturnType<typeof faultyRuntime>): Promise<string> => {
  const session = await runtime.create();
  await session.terminate();
  return session.id;
};

const storedIn = async ({ memory }: ReturnType<typeof faultyRuntime>): Promise<string[]> =>
  (await memory.list({ limit: 1_000 })).records.map(({ id }) => id);

test('one more than maxTombstones, and the oldest goes at once', async () => {
  const world = faultyRuntime({}, { maxTombstones: 3 });
  const alive = await world.runtime.create();
  const ended: string[] = [];
  for (let made = 0; made < 5; made += 1) ended.push(await endOne(world));
  await world.clock.settle();
  expect(new Set(await storedIn(world))).toEqual(new Set([alive.id, ...ended.slice(-3)]));
  expect(await rejectionOf(world.runtime.get(ended[0] ?? ''))).toBeInstanceOf(SessionNotFoundError);
  expect((await world.runtime.get(ended[2] ?? '')).state).toBe('terminated');
});

test('those that the sweep has removed are not counted, nor looked for again', async () => {
  const calls: string[] = [];
  const { clock, runtime } = quietRuntime({
    store: noted(createMemoryStore(), calls),
    maxTombstones: 2,
    tombstoneMs: 1_000,
    sweepIntervalMs: 1_000,
  });
  for (let round = 0; round < 3; round += 1) {
    for (let made = 0; made < 2; made += 1) await (await runtime.create()).terminate();
    await clock.advance(2_000);
  }
  expect(calls.filter((call) => call === 'remove')).toHaveLength(6);
  expect(calls).not.toContain('load');
});

test('what cannot be removed is told, and goes with the sweep when its time is over', async () => {
  const world = faultyRuntime(
    { only: (method) => method === 'remove' },
    { maxTombstones: 1, tombstoneMs: 50_000, sweepIntervalMs: 10_000 },
  );
  await endOne(world);
  world.store.break('fail');
  await endOne(world);
  await world.clock.settle();
  const told = world.events.filter((event) => event.type === 'runtime.error');
  expect(told).toMatchObject([{ where: 'removing the oldest tombstone' }]);
  expect(await storedIn(world)).toHaveLength(2);
  world.store.heal();
  await world.clock.advance(60_000);
  expect(await storedIn(world)).toEqual([]);
});

test('the oldest is the one that was added first of those still there', () => {
  const command = fc.oneof(
    fc.constant({ do: 'add' as const, nth: 0 }),
    fc.record({ do: fc.constant('delete' as const), nth: fc.nat(300) }),
    fc.constant({ do: 'take' as const, nth: 0 }),
  );
  fc.assert(
    fc.property(fc.array(command, { minLength: 300, maxLength: 600 }), (commands) => {
      const tombstones = new Tombstones();
      const model: string[] = [];
      let made = 0;
      for (const { do: what, nth } of commands) {
        if (what === 'add') {
          model.push(`id${made}`);
          tombstones.add(`id${made}`);
          made += 1;
        } else if (what === 'take') {
          expect(tombstones.takeOldest()).toBe(model.shift() ?? null);
        } else {
          const [gone] = model.splice(nth, 1);
          if (gone !== undefined) tombstones.delete(gone);
        }
        expect(tombstones.size).toBe(model.length);
      }
    }),
    { numRuns: 50 },
  );
});

test('what is forgotten is not held: the memory of a burst goes with its tombstones', () => {
  const tombstones = new Tombstones();
  for (let n = 0; n < 10_000; n += 1) tombstones.add(`s${n}`);
  for (let n = 0; n < 10_000; n += 1) {
    tombstones.delete(`s${n}`);
    expect(tombstones.held).toBeLessThanOrEqual(2 * tombstones.size + 64);
  }
  expect([tombstones.size, tombstones.takeOldest()]).toEqual([0, null]);
});
