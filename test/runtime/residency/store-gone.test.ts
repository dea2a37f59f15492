import { expect, test } from 'vitest';
import {
  Fenced,
  LIMITS,
  type LifecycleEvent,
  OutcomeUnknown,
  StoreError,
} from '../../../src/index.ts';
import { openWork, rejectionOf } from '../fixture.ts';
import { after, faultyProcess } from './fixture.ts';

// A store that says it is gone for good: another process can have all of it already.

const HOUR_MS = 3_600_000;
const MESSAGE = { role: 'user', content: 'x' } as const;
const KEPT = { deadlines: { hibernateAfterMs: HOUR_MS } };

const failingEvents = (events: readonly LifecycleEvent[]): readonly LifecycleEvent[] =>
  events.filter(({ type }) => type === 'runtime.store-failing');

/** From now on every call of this store fails, and says that none will succeed. */
const goneOf = (store: ReturnType<typeof faultyProcess>['store']): StoreError => {
  const gone = new StoreError('its thread has ended', undefined, false);
  const fail = () => Promise.reject(gone);
  Object.assign(store, { create: fail, load: fail, commit: fail, claim: fail, alive: fail });
  Object.assign(store, { list: fail, dueBefore: fail, release: fail, remove: fail, count: fail });
  return gone;
};

test('a note that is not taken is trouble, though nobody writes', async () => {
  const { clock, runtime, store, events } = faultyProcess();
  await clock.advance(50);
  store.breakNext('alive', 'fail');
  await clock.advance(LIMITS.aliveMs);
  expect(runtime.health()).toMatchObject({ status: 'failing', store: 'failing' });
  expect(runtime.health().problems[0]).toContain('they are tried again');
  expect(failingEvents(events).length).toBe(1);
  await clock.advance(LIMITS.storeTroubleMs + 2 * LIMITS.aliveMs);
  expect(runtime.health()).toMatchObject({ status: 'healthy', store: 'ok' });
});

test('a store that is gone for good is told so, and its sessions are let go with their work', async () => {
  const { clock, runtime, store, events, context } = faultyProcess(KEPT);
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  const paused = await after(clock, runtime.create({ principal: 'ada' }));
  await after(clock, paused.pause());
  const work = openWork(session);
  await clock.advance(10);
  const waiting = rejectionOf(session.waitFor('paused'));
  const gone = goneOf(store);
  await clock.advance(2 * LIMITS.aliveMs);
  expect(await rejectionOf(work.result)).toBeInstanceOf(Fenced);
  expect(await waiting).toBeInstanceOf(Fenced);
  expect(await rejectionOf(session.touch())).toBeInstanceOf(Fenced);
  expect(await rejectionOf(session.run('late', async () => 1))).toBeInstanceOf(Fenced);
  expect([context.hosts.size, context.inFlight]).toEqual([0, 0]);
  expect(runtime.health()).toMatchObject({
    status: 'failing',
    store: 'failing',
    problems: [
      'The store is gone for good, and its sessions were let go: stop this process. It says: "The store failed: its thread has ended."',
    ],
  });
  expect(failingEvents(events)).toMatchObject([{ error: gone }]);
  expect(await rejectionOf(runtime.create({ principal: 'ada' }))).toMatchObject({
    code: 'ERR_HOLDFAST_STORE',
    retryable: false,
  });
  await clock.advance(HOUR_MS);
  expect(runtime.health().problems[0]).toContain('gone for good');
  expect(failingEvents(events).length).toBe(1);
});

test('whoever waits for a commit is told: under way, or asked for meanwhile', async () => {
  const { clock, runtime, store, context } = faultyProcess(KEPT);
  const stuck = await after(clock, runtime.create({ principal: 'ada' }));
  const retried = await after(clock, runtime.create({ principal: 'bob' }));
  store.breakNext('commit', 'fail');
  expect(await rejectionOf(after(clock, retried.append(MESSAGE), 1))).toBeInstanceOf(StoreError);
  let lose = (): void => {};
  store.commit = () =>
    new Promise((_, reject) => {
      lose = () => reject(new OutcomeUnknown('the call `commit`'));
    });
  const underWay = rejectionOf(stuck.append(MESSAGE));
  await clock.advance(1);
  const meanwhile = rejectionOf(stuck.pause());
  const answered = lose;
  goneOf(store);
  await clock.advance(2 * LIMITS.aliveMs);
  expect(context.hosts.size).toBe(0);
  const ticking = clock.pending;
  answered();
  await clock.advance(1);
  expect(clock.pending).toBeLessThanOrEqual(ticking);
  // What became of the first nobody knows; the second was never tried.
  expect(await underWay).toBeInstanceOf(OutcomeUnknown);
  expect(await meanwhile).toMatchObject({ code: 'ERR_HOLDFAST_STORE' });
  await after(clock, runtime.drain(), 200);
  expect(clock.pending).toBe(0);
});

test('a create that is under way hears what the store answers to it', async () => {
  const { clock, runtime, store, context } = faultyProcess(KEPT);
  await clock.advance(50);
  let lose = (): void => {};
  store.create = () =>
    new Promise((_, reject) => {
      lose = () => reject(new StoreError('it was not done', undefined, false));
    });
  const asked = rejectionOf(runtime.create({ principal: 'ada' }));
  await clock.advance(1);
  const answered = lose;
  goneOf(store);
  await clock.advance(2 * LIMITS.aliveMs);
  expect(context.hosts.size).toBe(1);
  answered();
  await clock.advance(1);
  expect(await asked).toMatchObject({ message: expect.stringContaining('it was not done') });
  expect([context.hosts.size, context.perPrincipal.size]).toEqual([0, 0]);
});

test('a drain after it ends soon, and leaves nothing ticking', async () => {
  const { clock, runtime, store } = faultyProcess(KEPT);
  openWork(await after(clock, runtime.create({ principal: 'ada' })));
  await clock.advance(10);
  goneOf(store);
  await clock.advance(2 * LIMITS.aliveMs);
  const report = await after(clock, runtime.drain(), 200);
  expect(report).toMatchObject({ aborted: 0, left: [] });
  expect(clock.pending).toBe(0);
});
