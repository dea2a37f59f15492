import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after, faultyProcess } from './fixture.ts';

// Ends in bulk over a durable store, part of which fails: one error is told, and none is left for nobody to hear.

const unheard: unknown[] = [];
const note = (error: unknown): void => {
  unheard.push(error);
};

beforeEach(() => {
  unheard.length = 0;
  process.on('unhandledRejection', note);
});

afterEach(() => {
  process.off('unhandledRejection', note);
});

/** Two sessions of ada's in memory and two that are stored. */
const withFour = async () => {
  const made = faultyProcess();
  const { clock, runtime } = made;
  const create = () => runtime.create({ principal: 'ada' });
  const stored = await after(clock, Promise.all([create(), create()]), 16_000);
  const resident = await after(clock, Promise.all([create(), create()]));
  const sessions = [...stored, ...resident];
  expect(sessions.map((one) => one.info().residency)).toEqual([
    'stored',
    'stored',
    'resident',
    'resident',
  ]);
  return { ...made, sessions };
};

test.each(['list', 'commit', 'claim'] as const)(
  'where %s fails, the caller is told, and all end once the store is there again',
  async (method) => {
    const { clock, runtime, store, sessions } = await withFour();
    // So often that each of the ends meets it.
    for (let times = 0; times < 4; times += 1) store.breakNext(method, 'fail');
    const all = runtime.terminateAll('ada');
    all.catch(() => undefined);
    await clock.advance(50);
    expect(await rejectionOf(all)).toBeInstanceOf(StoreError);
    store.heal();
    await clock.advance(5_000);
    if (method === 'list') await after(clock, runtime.terminateAll('ada'));
    expect(sessions.map(({ state }) => state)).toEqual(Array(4).fill('terminated'));
    expect(unheard).toEqual([]);
  },
);

test('where ends fail while the list is on its way, they are heard when it is there', async () => {
  const { clock, runtime, store } = await withFour();
  store.breakNext('list', 'stall');
  for (let times = 0; times < 2; times += 1) store.breakNext('commit', 'fail');
  const all = runtime.terminateAll('ada');
  all.catch(() => undefined);
  await clock.advance(20);
  expect(unheard).toEqual([]);
  store.heal();
  await clock.advance(5_000);
  expect(await rejectionOf(all)).toBeInstanceOf(StoreError);
  expect(unheard).toEqual([]);
});
