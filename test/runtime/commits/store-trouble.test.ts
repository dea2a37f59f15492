import { expect, test } from 'vitest';
import { LIMITS, type LifecycleEvent, mintSessionId } from '../../../src/index.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { faultyRuntime, quietRuntime, rejectionOf, toldOfItself } from '../fixture.ts';
import { after, faultyProcess } from '../residency/fixture.ts';

const HOUR_MS = 3_600_000;
const TOLD = ['runtime.store-failing', 'runtime.store-recovered'];
const ofTheStore = (events: readonly LifecycleEvent[]): string[] =>
  toldOfItself(events).filter((type) => TOLD.includes(type));

test('a create that the store does not take is trouble, until it takes one', async () => {
  const { runtime, store, events } = faultyRuntime();
  store.breakNext('create', 'fail');
  await rejectionOf(runtime.create());
  expect(runtime.health()).toMatchObject({
    status: 'failing',
    store: 'failing',
    problems: [expect.stringContaining('It says: "create was made to fail"')],
  });
  await runtime.create();
  expect(runtime.health()).toMatchObject({ status: 'healthy', store: 'ok', problems: [] });
  expect(ofTheStore(events)).toEqual(TOLD);
});

test('an id that is taken is none: the store has looked', async () => {
  const store = createMemoryStore();
  const { runtime, events } = quietRuntime({ store });
  const { id } = await store.create(newRecord(mintSessionId()));
  const again = await rejectionOf(runtime.create({ id, principal: 'bob' }));
  expect(again).toMatchObject({ code: 'ERR_HOLDFAST_ALREADY_EXISTS' });
  expect([runtime.health().store, ofTheStore(events)]).toEqual(['ok', []]);
});

test('where nobody writes, the notes of a living process tell that the store works again, a while after', async () => {
  const { clock, runtime, store, events } = faultyProcess();
  await clock.advance(50);
  store.breakNext('create', 'fail');
  await rejectionOf(after(clock, runtime.create({ principal: 'ada' })));
  await clock.advance(LIMITS.storeTroubleMs - 2_000);
  expect(runtime.health().store).toBe('failing');
  await clock.advance(4_000);
  expect(runtime.health()).toMatchObject({ status: 'healthy', store: 'ok', problems: [] });
  expect(ofTheStore(events)).toEqual(TOLD);
});

test('a store that takes nothing but those notes goes on failing', async () => {
  const { clock, runtime, store, events } = faultyProcess({
    deadlines: { hibernateAfterMs: HOUR_MS },
  });
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  for (let n = 0; n < 1_000; n++) store.breakNext('commit', 'fail');
  await rejectionOf(after(clock, session.append({ role: 'user', content: 'x' })));
  await clock.advance(3 * LIMITS.storeTroubleMs);
  expect(runtime.health().store).toBe('failing');
  store.heal();
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect(runtime.health().store).toBe('ok');
  expect(ofTheStore(events)).toEqual(TOLD);
});

test('notes that are not taken either tell nothing', async () => {
  const { clock, runtime, store } = faultyProcess();
  await clock.advance(50);
  store.breakNext('create', 'fail');
  for (let n = 0; n < 1_000; n++) store.breakNext('alive', 'fail');
  await rejectionOf(after(clock, runtime.create({ principal: 'ada' })));
  await clock.advance(3 * LIMITS.storeTroubleMs);
  expect(runtime.health().store).toBe('failing');
  store.heal();
  await clock.advance(2_000);
  expect(runtime.health().store).toBe('ok');
});

test('the reason is the last one', async () => {
  const { runtime, store } = faultyRuntime();
  store.breakNext('create', 'fail');
  await rejectionOf(runtime.create());
  const before = runtime.health().problems;
  const inner = store.create;
  store.create = () => Promise.reject(new Error('another reason'));
  await rejectionOf(runtime.create());
  store.create = inner;
  expect(before).not.toEqual(runtime.health().problems);
  expect(runtime.health().problems[0]).toContain('another reason');
});
