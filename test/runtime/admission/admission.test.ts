import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  CapacityError,
  createMemoryStore,
  DrainingError,
  LIMITS,
  mintSessionId,
  type RuntimeOptions,
  type Session,
} from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { faultyRuntime, openRuntime, rejectionOf, standing, TICK, toldOf } from '../fixture.ts';

// A slot is taken before the first await, through the registry's chart. Where there is none, an idle session of the
// same principal makes room; the caps hold at every instant of that.

/** A runtime whose fullest moment is known: sessions in memory, those that are going and those that are coming. */
const watchedRuntime = (options: RuntimeOptions, delayMs: readonly [number, number] = [10, 10]) => {
  const clock = createVirtualClock();
  const memory = createMemoryStore();
  const store = faultyStore(memory, { clock, random: () => 0.5, delayMs });
  const opened = openRuntime({ store, clock, ...options });
  const { context } = opened;
  const fullest = { resident: 0 };
  const set = context.hosts.set.bind(context.hosts);
  context.hosts.set = (id, host) => {
    set(id, host);
    fullest.resident = Math.max(fullest.resident, context.hosts.size + context.reserved.size);
    return context.hosts;
  };
  const made = async (principal: string | null): Promise<Session> => {
    const created = opened.runtime.create({ principal, beats: 'off' });
    await clock.advance(20);
    return created;
  };
  return { ...opened, clock, memory, store, fullest, made };
};

/** Long enough for what is quiet to be idle. */
const IDLE = 10_000 + TICK;

test('50 creates at cap − 1: one is let in, the others are refused', async () => {
  const { clock, runtime, fullest, made } = watchedRuntime({ maxResident: 5 });
  for (let count = 0; count < 4; count += 1) await made('bob');
  const asked = Array.from({ length: 50 }, () => runtime.create({ principal: 'ada' }));
  const settled = Promise.allSettled(asked);
  expect(runtime.stats().resident).toBe(5);
  await clock.advance(1_000);
  const outcomes = await settled;
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of outcomes) {
    if (one.status === 'fulfilled') continue;
    expect(one.reason).toBeInstanceOf(CapacityError);
    expect(one.reason).toMatchObject({
      limit: 'maxResident',
      retryAfterMs: LIMITS.retryAfterMs,
    });
  }
  expect(fullest.resident).toBe(5);
  expect(runtime.stats()).toMatchObject({ resident: 5, created: 5, refused: 49 });
});

test('50 creates at cap − 1 by one who has idle sessions: each takes the place of one of them', async () => {
  const { clock, runtime, fullest, made } = watchedRuntime({ maxResident: 11 });
  for (let count = 0; count < 10; count += 1) await made('ada');
  await clock.advance(IDLE);
  const asked = Array.from({ length: 50 }, () => runtime.create({ principal: 'ada' }));
  const settled = Promise.allSettled(asked);
  await clock.advance(1_000);
  const outcomes = await settled;
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(11);
  expect(runtime.stats()).toMatchObject({ resident: 11, refused: 39, ended: { evicted: 10 } });
  expect(fullest.resident).toBe(11);
});

test('full: the longest idle session of the same principal is ended, and told so', async () => {
  const { clock, runtime, events, fullest, made } = watchedRuntime({ maxResident: 2 });
  const first = await made('ada');
  await made('bob');
  await clock.advance(IDLE);
  const created = runtime.create({ principal: 'ada' });
  // The slot is not free before the end is recorded.
  await clock.settle();
  expect(runtime.stats()).toMatchObject({ resident: 2, created: 2 });
  expect(first.signal.aborted).toBe(true);
  await clock.advance(40);
  expect((await created).state).toBe('active');
  expect(first.info()).toMatchObject({ state: 'terminated', reason: 'evicted' });
  expect(toldOf(events, first.id).slice(-2)).toEqual(['terminating>terminated', 'ended:evicted']);
  expect(fullest.resident).toBe(2);
  expect(runtime.stats()).toMatchObject({ resident: 2, refused: 0 });
});

test('full with sessions of others only: refused, and nobody is ended for it', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxResident: 1 });
  await made('bob');
  await clock.advance(IDLE);
  const refusal = await rejectionOf(runtime.create({ principal: 'ada' }));
  expect(refusal).toMatchObject({ limit: 'maxResident', retryable: true });
  expect(runtime.stats()).toMatchObject({ resident: 1, refused: 1, ended: {} });
});

test('an anonymous creator ends nobody, not even another anonymous session, and has no quota', async () => {
  const { clock, runtime, context, made } = watchedRuntime({ maxResident: 3, maxPerPrincipal: 1 });
  for (let count = 0; count < 3; count += 1) await made(null);
  await clock.advance(IDLE);
  expect(await rejectionOf(runtime.create())).toMatchObject({ limit: 'maxResident' });
  expect(await rejectionOf(runtime.create({ principal: 'ada' }))).toBeInstanceOf(CapacityError);
  expect(runtime.stats()).toMatchObject({ resident: 3, ended: {} });
  expect(context.idle.size).toBe(0);
});

test('create ‖ create at quota: the one idle session makes room for one of them', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxPerPrincipal: 2 });
  const quiet = await made('ada');
  const busy = await made('ada');
  await clock.advance(9_000);
  await busy.touch();
  await clock.advance(2_000);
  expect([quiet.state, busy.state]).toEqual(['idle', 'active']);
  const asked = Promise.allSettled([1, 2].map(() => runtime.create({ principal: 'ada' })));
  await clock.advance(100);
  expect((await asked).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect((await asked)[1]).toHaveProperty('reason.limit', 'maxPerPrincipal');
  expect([quiet.state, busy.state]).toEqual(['terminated', 'active']);
});

test('create ‖ create at quota, two idle: each ends one of its own', async () => {
  const { clock, runtime, fullest, made } = watchedRuntime({ maxPerPrincipal: 2, maxResident: 2 });
  await made('ada');
  await made('ada');
  await clock.advance(IDLE);
  const asked = Promise.all([1, 2].map(() => runtime.create({ principal: 'ada' })));
  await clock.advance(100);
  expect(await asked).toHaveLength(2);
  expect(runtime.stats()).toMatchObject({ resident: 2, ended: { evicted: 2 } });
  expect(fullest.resident).toBe(2);
});

test('nobody else gets into the slot of an evicted session, however early he hears of it', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxResident: 1, maxPerPrincipal: 1 });
  await made('ada');
  await clock.advance(IDLE);
  const others: Promise<unknown>[] = [];
  runtime.subscribe((event) => {
    if (event.type !== 'session.ended') return;
    for (const principal of ['bob', 'ada', null]) {
      others.push(runtime.create({ principal }).catch((error: unknown) => error));
    }
  });
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(100);
  expect((await created).principal).toBe('ada');
  expect(await Promise.all(others)).toEqual([1, 2, 3].map(() => expect.any(CapacityError)));
  expect(runtime.stats().resident).toBe(1);
});

test('the quota holds too while the slot of an evicted session is given on', async () => {
  const { clock, runtime, context, made } = watchedRuntime({ maxPerPrincipal: 1 });
  await made('ada');
  await clock.advance(IDLE);
  const others: Promise<unknown>[] = [];
  runtime.subscribe((event) => {
    if (event.type !== 'session.ended') return;
    for (const principal of ['bob', 'ada']) {
      others.push(runtime.create({ principal }).catch((error: unknown) => error));
    }
  });
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(100);
  expect((await created).principal).toBe('ada');
  const [bob, ada] = await Promise.all(others);
  expect(bob).toMatchObject({ state: 'active' });
  expect(ada).toMatchObject({ limit: 'maxPerPrincipal' });
  expect(context.perPrincipal.get('ada')?.size).toBe(1);
});

test('an eviction at quota takes no second slot of the runtime while it lasts', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxResident: 3, maxPerPrincipal: 1 });
  await made('ada');
  await made('cyd');
  await clock.advance(IDLE);
  const heir = runtime.create({ principal: 'ada' });
  const other = runtime.create({ principal: 'bob' });
  await clock.advance(100);
  expect([(await heir).state, (await other).state]).toEqual(['active', 'active']);
  expect(runtime.stats()).toMatchObject({ resident: 3, ended: { evicted: 1 } });
});

test('the end of the evicted cannot be recorded: refused, and the slot is free for all once it is', async () => {
  const { clock, runtime, context, store, made } = watchedRuntime({ maxResident: 1 });
  await made('ada');
  await clock.advance(IDLE);
  store.break('fail');
  const refusal = rejectionOf(runtime.create({ principal: 'ada' }));
  await clock.advance(20);
  expect(await refusal).toBeInstanceOf(CapacityError);
  expect(runtime.stats()).toMatchObject({ resident: 1, refused: 1 });
  expect(context.reserved.size).toBe(0);
  store.heal();
  await clock.advance(1_000);
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { evicted: 1 } });
  expect(context.reserved.size).toBe(0);
  expect((await made('bob')).state).toBe('active');
});

test('the evicted was won by another owner: its slot is taken all the same', async () => {
  const { clock, runtime, context, memory, made } = watchedRuntime({ maxResident: 1 });
  const victim = await made('ada');
  await clock.advance(IDLE);
  const record = await memory.load(victim.id);
  if (record !== null) await memory.release(record);
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(100);
  expect((await created).state).toBe('active');
  expect([context.reserved.size, context.hosts.size]).toEqual([0, 1]);
});

test('eviction ‖ drain: who waits for a slot is told of the drain, and nothing is left', async () => {
  const { clock, runtime, context, made } = watchedRuntime({ maxResident: 1 });
  const victim = await made('ada');
  await clock.advance(IDLE);
  const refusal = rejectionOf(runtime.create({ principal: 'ada' }));
  const drained = runtime.drain({ operationsMs: 0 });
  await clock.advance(20_000);
  expect(await refusal).toBeInstanceOf(DrainingError);
  expect(await drained).toMatchObject({ left: [] });
  expect(victim.info().reason).toBe('evicted');
  expect([context.hosts.size, context.reserved.size]).toEqual([0, 0]);
});

test('a draining runtime ends nobody to make room', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxResident: 1 });
  const held = await made('ada');
  await clock.advance(IDLE);
  const drained = runtime.drain();
  expect(await rejectionOf(runtime.create({ principal: 'ada' }))).toBeInstanceOf(DrainingError);
  await clock.advance(20_000);
  await drained;
  expect(held.info().reason).toBe('shutdown');
});

test('an id that is taken is refused before anybody is ended for it', async () => {
  const { clock, runtime, made } = watchedRuntime({ maxResident: 1 });
  const held = await made('ada');
  await clock.advance(IDLE);
  const asked = runtime.create({ principal: 'ada', id: held.id });
  expect(await rejectionOf(asked)).toBeInstanceOf(AlreadyExistsError);
  expect(held.state).toBe('idle');
});

test('two that wait for a slot under one id: one of them gets it, and the other one’s slot is given back', async () => {
  const { clock, runtime, context, made } = watchedRuntime({ maxPerPrincipal: 2 });
  await made('ada');
  await made('ada');
  await clock.advance(IDLE);
  const id = mintSessionId();
  const asked = Promise.allSettled([1, 2].map(() => runtime.create({ principal: 'ada', id })));
  await clock.advance(100);
  expect((await asked).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect((await asked)[1]).toHaveProperty('reason.code', 'ERR_HOLDFAST_ALREADY_EXISTS');
  expect([context.reserved.size, context.hosts.size]).toEqual([0, 1]);
});

test('cleanup of the evicted comes before its slot is given on', async () => {
  let cleaned: () => void = () => undefined;
  const cleanup = () => new Promise<void>((resolve) => (cleaned = resolve));
  const { clock, runtime, made } = watchedRuntime({ maxResident: 1, cleanup });
  await made('ada');
  await clock.advance(IDLE);
  const created = runtime.create({ principal: 'ada' });
  await clock.advance(1_000);
  expect((await standing(clock, created)).is).toBe('pending');
  cleaned();
  await clock.advance(100);
  expect((await created).state).toBe('active');
});

test('a create that was let in and then fails gives its slot back', async () => {
  const { clock, runtime, store } = faultyRuntime({}, { maxResident: 1 });
  store.break('fail');
  await rejectionOf(runtime.create({ principal: 'ada' }));
  store.heal();
  await clock.settle();
  expect((await runtime.create({ principal: 'ada' })).state).toBe('active');
});
