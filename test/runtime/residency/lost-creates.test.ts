import { expect, test } from 'vitest';
import {
  CapacityError,
  mintSessionId,
  type RuntimeOptions,
  SessionNotFoundError,
  StoreError,
} from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, faultyProcess } from './fixture.ts';

// A create whose answer is lost may have left a record. Nobody was given that session, and it is taken back.

/** A create of ada's whose record is there, while the store cannot say so for the next few times it is asked. */
const withLostCreate = async (options: RuntimeOptions = {}, atMs = 10) => {
  const process = faultyProcess(options);
  const { clock, runtime, store, disk } = process;
  await clock.advance(atMs);
  store.breakNext('create', 'lose-answer');
  for (let asked = 0; asked < 3; asked += 1) store.breakNext('load', 'fail');
  const id = mintSessionId();
  const lost = runtime.create({ principal: 'ada', id });
  lost.catch(() => undefined);
  await clock.advance(20);
  expect(await rejectionOf(lost)).toBeInstanceOf(StoreError);
  expect(disk.records()).toMatchObject([{ id }]);
  return { ...process, id };
};

test('a sweep that meets what a lost create left leaves it alone: nobody hears of it', async () => {
  const cleaned: string[] = [];
  const options: RuntimeOptions = {
    initialize: () => undefined,
    cleanup: ({ id }) => {
      cleaned.push(id);
    },
  };
  const { clock, disk, context, events } = await withLostCreate(options, 9_950);
  await clock.advance(40);
  expect(disk.records()).toHaveLength(1);
  await clock.advance(30_000);
  expect(disk.records()).toEqual([]);
  expect(cleaned).toEqual([]);
  expect(events.filter(({ type }) => type.startsWith('session.'))).toEqual([]);
  expect(context.census?.total).toBe(0);
});

test('it counts for its principal as long as its record may be there, and not longer', async () => {
  const { clock, runtime, disk } = await withLostCreate({ maxPerPrincipal: 1 });
  const refused = runtime.create({ principal: 'ada' });
  refused.catch(() => undefined);
  await clock.advance(10);
  expect(await rejectionOf(refused)).toBeInstanceOf(CapacityError);
  await clock.advance(60_000);
  expect(disk.records()).toEqual([]);
  await after(clock, runtime.create({ principal: 'ada' }));
});

test('what a lost create left is not found', async () => {
  const { clock, runtime, store, disk, id } = await withLostCreate();
  store.heal();
  const notFound = async (): Promise<void> => {
    const found = rejectionOf(runtime.get(id));
    await clock.settle();
    expect(await found).toBeInstanceOf(SessionNotFoundError);
  };
  await notFound();
  expect(disk.records()).toHaveLength(1);
  // Nor while it is being removed.
  store.breakNext('remove', 'stall');
  await clock.advance(10_000);
  expect(store.stalled).toBe(1);
  await notFound();
  store.heal();
  await clock.advance(50);
  expect(disk.records()).toEqual([]);
  await notFound();
});

test('terminateAll passes over what a lost create left', async () => {
  const { clock, runtime, store, events, disk } = await withLostCreate();
  store.heal();
  const all = runtime.terminateAll('ada');
  await clock.settle();
  expect(disk.records()).toHaveLength(1);
  expect(await after(clock, all)).toBe(0);
  await clock.advance(10_000);
  expect(disk.records()).toEqual([]);
  expect(events.filter(({ type }) => type.startsWith('session.'))).toEqual([]);
});

test('what a lost create left is not listed, as it is not found', async () => {
  const { clock, runtime, store } = faultyProcess();
  await clock.advance(10);
  store.breakNext('create', 'lose-answer');
  for (let asked = 0; asked < 3; asked += 1) store.breakNext('load', 'fail');
  const lost = runtime.create({ principal: 'ada', id: mintSessionId() });
  lost.catch(() => undefined);
  await clock.advance(20);
  const listed = runtime.list();
  await clock.settle();
  expect((await listed).sessions).toEqual([]);
});
