import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  LIMITS,
  mintSessionId,
  type Session,
  SessionNotFoundError,
  StoreError,
} from '../../../src/index.ts';
import { faultyRuntime, recordOf, rejectionOf } from '../fixture.ts';

// A create that fails leaves nothing behind: no place taken, no record, no event; also where an answer is lost.

test('create with a failing store leaves nothing', async () => {
  const { clock, runtime, store, memory, events } = faultyRuntime({
    only: (method) => method === 'create',
  });
  store.break('fail');
  const id = mintSessionId();
  const error = await rejectionOf(runtime.create({ id, principal: 'ada' }));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ durable: false, retryable: true });
  await clock.advance(100_000);
  // Of the session nothing is told; of the store, that it fails.
  expect(events.map(({ type }) => type)).toEqual(['runtime.store-failing']);
  expect(runtime.stats()).toMatchObject({ resident: 0, created: 0 });
  expect(await memory.load(id)).toBeNull();
  expect(await rejectionOf(runtime.get(id))).toBeInstanceOf(SessionNotFoundError);
  store.heal();
  expect((await runtime.create({ id, principal: 'ada' })).id).toBe(id);
  expect(runtime.health().store).toBe('ok');
});

test('a create whose answer is lost is found to be done, and goes on', async () => {
  const { runtime, store } = faultyRuntime();
  store.break('lose-answer');
  const asked = faultyRuntime({ only: (method) => method === 'create' });
  asked.store.break('lose-answer');
  const session = await asked.runtime.create({ principal: 'ada' });
  expect(session.state).toBe('active');
  await session.pause();
  expect((await recordOf(asked.memory, session.id)).state).toBe('paused');
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(StoreError);
});

test('a create whose request is lost is found not to be done, and leaves nothing', async () => {
  const { runtime, store, memory, events } = faultyRuntime({
    only: (method) => method === 'create',
  });
  store.break('lose-request');
  const id = mintSessionId();
  expect(await rejectionOf(runtime.create({ id }))).toMatchObject({ durable: false });
  expect([await memory.load(id), events, runtime.stats().resident]).toEqual([null, [], 0]);
});

test.each(['lose-answer', 'lose-request'] as const)(
  '%s, and the store cannot be asked: the caller is told, and nothing stays in the end',
  async (fault) => {
    const { clock, runtime, store, memory, events } = faultyRuntime();
    store.break(fault);
    const id = mintSessionId();
    expect(await rejectionOf(runtime.create({ id }))).toBeInstanceOf(StoreError);
    expect(runtime.stats().resident).toBe(0);
    await clock.advance(3_000);
    store.heal();
    await clock.advance(LIMITS.commitRetryMaxMs);
    expect(await memory.load(id)).toBeNull();
    expect(events.filter((event) => 'seq' in event)).toEqual([]);
  },
);

test('what is taken back is only what that create may have left, not a session made of its id since', async () => {
  const { clock, runtime, store, memory } = faultyRuntime();
  store.break('lose-request');
  const id = mintSessionId();
  await rejectionOf(runtime.create({ id, principal: 'ada' }));
  store.heal();
  const session = await runtime.create({ id, principal: 'ada', beats: 'off' });
  await clock.advance(1_000);
  expect((await recordOf(memory, id)).state).toBe('active');
  await session.terminate();
  await clock.advance(1_000);
  expect((await recordOf(memory, id)).session.reason).toBe('client');
});

test('a second try of an id under way is no reason to leave what the first one left', async () => {
  const { clock, runtime, store, memory } = faultyRuntime({ delayMs: [40, 40] });
  const id = mintSessionId();
  store.break('lose-answer');
  const first = rejectionOf(runtime.create({ id }));
  await clock.advance(80);
  expect(await first).toBeInstanceOf(StoreError);
  store.heal();
  // The look whether something was left begins within 100 ms; its answer comes during the second try.
  await clock.advance(101);
  const second = rejectionOf(runtime.create({ id }));
  await clock.advance(40);
  expect(await second).toBeInstanceOf(AlreadyExistsError);
  await clock.advance(LIMITS.commitRetryMaxMs);
  expect(await memory.load(id)).toBeNull();
});

test('an ended session of that id is neither adopted nor taken back when an answer is lost', async () => {
  for (const only of ['create', 'all'] as const) {
    const { clock, runtime, store, memory } = faultyRuntime({
      only: (method) => only === 'all' || method === only,
    });
    const first: Session = await runtime.create({ principal: 'ada' });
    await first.terminate();
    store.break('lose-request');
    const error = await rejectionOf(runtime.create({ id: first.id, principal: 'bob' }));
    expect(error).toMatchObject({ name: expect.stringMatching(/StoreError|AlreadyExistsError/) });
    store.heal();
    await clock.advance(LIMITS.commitRetryMaxMs);
    expect(await recordOf(memory, first.id)).toMatchObject({
      principal: 'ada',
      state: 'terminated',
      session: { reason: 'client' },
    });
  }
});
