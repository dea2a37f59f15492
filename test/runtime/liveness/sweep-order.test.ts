import { expect, test } from 'vitest';
import { createMemoryStore, LIMITS } from '../../../src/index.ts';
import { quietRuntime } from '../fixture.ts';
import {
  after as answered,
  crash,
  durableRuntime,
  processOver,
  withStored,
} from '../residency/fixture.ts';
import { spoil } from '../residency/spoilt-records.ts';

// Tombstones are put in order behind everything that lives, and many at once.

const TOMBSTONE_MS = 20_000;

test('no deadline of a living session waits for the tombstones that are due before it', async () => {
  const first = durableRuntime({ tombstoneMs: TOMBSTONE_MS, maxTombstones: 1_000 });
  const { clock, disk, runtime } = first;
  const living = await answered(clock, runtime.create({ principal: 'ada' }), 10);
  const many = Array.from({ length: 400 }, () => runtime.create());
  const ended = Promise.all(many).then((made) => Promise.all(made.map((one) => one.terminate())));
  await answered(clock, ended, 5_000);
  await answered(clock, runtime.drain(), 1_000);
  const { expiresAt } = disk.records().find(({ id }) => id === living.id)?.session ?? {};
  await clock.advance(Number(expiresAt) - clock.wall() + 5_000);
  const begun = clock.wall();
  const second = processOver(first, { tombstoneMs: TOMBSTONE_MS });
  let endedAt = Number.POSITIVE_INFINITY;
  second.runtime.subscribe((event) => {
    if (event.type === 'session.ended') endedAt = clock.wall();
  });
  await clock.advance(10_000);
  expect(endedAt - begun).toBeLessThan(400);
  expect(disk.records()).toMatchObject([{ id: living.id, state: 'terminated' }]);
});

test('the tombstones of a page are removed together, and no more than a page of them', async () => {
  const memory = createMemoryStore();
  const remove = memory.remove.bind(memory);
  let underWay = 0;
  let most = 0;
  memory.remove = async (held) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await remove(held);
    underWay -= 1;
  };
  const { clock, runtime } = quietRuntime({ store: memory, tombstoneMs: TOMBSTONE_MS });
  // So that all of them are due at the same sweep.
  clock.stall(1);
  for (let made = 0; made < LIMITS.sweepTurn + 40; made += 1) {
    await (await runtime.create()).terminate();
  }
  await clock.advance(TOMBSTONE_MS + 60_000);
  expect((await memory.list({ limit: 10 })).records).toEqual([]);
  expect(most).toBe(LIMITS.sweepTurn);
});

test('a deadline that says tombstone removes nothing that has not ended: its own deadlines count', async () => {
  const process = await withStored();
  const { clock, disk, session } = process;
  const { expiresAt } = session.info();
  crash(process);
  await spoil(process, session.id, { due: { at: clock.wall(), deadline: 'tombstone' } });
  const { runtime } = processOver(process, { deadlines: { idleTimeoutMs: 'off' } });
  await clock.advance(30_000);
  const seen = await answered(clock, runtime.get(session.id), 10);
  expect(seen.info()).toMatchObject({ state: 'idle', unreadable: null });
  await clock.advance(Number(expiresAt) - clock.wall() + 1_000);
  expect(disk.records()).toMatchObject([
    { state: 'terminated', session: { reason: 'max-lifetime' } },
  ]);
});
