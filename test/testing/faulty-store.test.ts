import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fenced, InvalidOptionError, OutcomeUnknown, StoreError } from '../../src/errors.ts';
import type { NewRecord } from '../../src/store/contract.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import {
  type FaultyStoreOptions,
  faultyStore,
  type StoreMethod,
} from '../../src/testing/faulty-store.ts';
import { storedSession } from '../../src/testing/store-contract/case.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from '../contract/seeded.ts';

const newRecord = (id: string): NewRecord => ({
  id,
  principal: null,
  key: null,
  owner: null,
  state: 'active',
  due: null,
  schema: 1,
  session: storedSession(),
  snapshot: null,
});

const setUp = (options: Partial<FaultyStoreOptions> = {}) => {
  const clock = createVirtualClock();
  const inner = createMemoryStore();
  const store = faultyStore(inner, { clock, random: seeded(1), ...options });
  return { clock, inner, store };
};

test('a call that fails is certain: a plain error, and nothing was done', async () => {
  const { inner, store } = setUp();
  store.break('fail');
  const failure: unknown = await store.create(newRecord('a')).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toHaveProperty('code');
  expect(await inner.load('a')).toBeNull();
  expect(store).toMatchObject({ calls: 1, failed: 1, lost: 0 });
});

test('a lost answer is unknown, and the change is there', async () => {
  const { inner, store } = setUp();
  const held = await store.create(newRecord('a'));
  store.break('lose-answer');
  await expect(store.commit(held, { append: ['x'] })).rejects.toThrow(OutcomeUnknown);
  expect(await inner.readJournal('a', { after: 0, limit: 9 })).toHaveLength(1);
  expect((await inner.load('a'))?.token).not.toBe(held.token);
  expect(store).toMatchObject({ calls: 2, failed: 0, lost: 1 });
});

test('a lost request is as unknown as a lost answer, and the change is not there', async () => {
  const { inner, store } = setUp();
  const held = await store.create(newRecord('a'));
  store.break('lose-request');
  await expect(store.commit(held, { append: ['x'] })).rejects.toThrow(OutcomeUnknown);
  expect(await inner.load('a')).toEqual(held);
  expect(store).toMatchObject({ calls: 2, failed: 0, lost: 1 });
});

test('a lost answer hides a refusal too', async () => {
  const { inner, store } = setUp();
  const stale = await store.create(newRecord('a'));
  await inner.commit(stale, {});
  await expect(store.commit(stale, {})).rejects.toThrow(Fenced);
  store.break('lose-answer');
  await expect(store.commit(stale, {})).rejects.toThrow(OutcomeUnknown);
});

test.each(['lose-request', 'lose-answer'] as const)('%s: a read fails', async (fault) => {
  const { store } = setUp();
  store.break(fault);
  const failure: unknown = await store.load('a').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toBeInstanceOf(OutcomeUnknown);
  expect(store).toMatchObject({ failed: 1, lost: 0 });
});

test('a stalled call is neither done nor answered until the store heals', async () => {
  const { clock, inner, store } = setUp();
  store.break('stall');
  let answered = false;
  const creating = store.create(newRecord('a')).then(() => {
    answered = true;
  });
  await clock.advance(60_000);
  expect(answered).toBe(false);
  expect(await inner.load('a')).toBeNull();
  expect(store.stalled).toBe(1);
  store.heal();
  await creating;
  expect(await inner.load('a')).not.toBeNull();
  expect(store).toMatchObject({ stalled: 0, failed: 0, lost: 0 });
});

test('the next call of one method goes wrong, once, and the others do not', async () => {
  const { store } = setUp({ only: () => false });
  store.breakNext('commit', 'fail');
  store.breakNext('commit', 'lose-answer');
  store.breakNext('load', 'lose-answer');
  const held = await store.create(newRecord('a'));
  await expect(store.commit(held, {})).rejects.toThrow('commit was made to fail');
  await expect(store.commit(held, {})).rejects.toThrow(OutcomeUnknown);
  await expect(store.load('a')).rejects.toThrow('load was made to fail');
  const now = await store.load('a');
  if (now === null) throw new Error('it is gone');
  await store.commit(now, {});
  store.breakNext('commit', 'fail');
  store.heal();
  await expect(store.commit(held, {})).rejects.toThrow(Fenced);
});

test('a count is a read and a sign of life a write: only of the write nobody knows whether it is there', async () => {
  const { inner, store } = setUp();
  store.break('lose-answer');
  await expect(store.count({})).rejects.toThrow('count was made to fail');
  await expect(store.alive(7)).rejects.toThrow(OutcomeUnknown);
  expect(await inner.alive(1)).toBe(7);
});

test('close works however broken the store is, at once, and what stalled finds it closed', async () => {
  const { store } = setUp();
  store.break('stall');
  const stalled = store.load('a').catch((error: unknown) => error);
  await store.close();
  expect(await stalled).toBeInstanceOf(StoreError);
  const { inner, store: other } = setUp({ delayMs: [10, 10] });
  other.break('fail');
  await other.close();
  await expect(inner.load('a')).rejects.toThrow(StoreError);
});

test('answers take from the least to the most delay, and overtake each other', async () => {
  const { clock, store } = setUp({ delayMs: [10, 100] });
  const answers: { id: string; at: number }[] = [];
  const asked = Array.from({ length: 50 }, (_, n) => `s${n}`);
  for (const id of asked) {
    void store.create(newRecord(id)).then(() => answers.push({ id, at: clock.mono() }));
  }
  await clock.advance(9);
  expect(answers).toEqual([]);
  await clock.advance(91);
  expect(answers).toHaveLength(50);
  expect(answers.map(({ id }) => id)).not.toEqual(asked);
  expect(new Set(answers.map(({ at }) => Math.round(at))).size).toBeGreaterThan(10);
});

test('late answers do not reorder what is done: the first commit made is the one that wins', async () => {
  const { clock, store } = setUp({ delayMs: [0, 100] });
  const creating = store.create(newRecord('a'));
  await clock.advance(100);
  const held = await creating;
  const commits = Array.from({ length: 20 }, (_, n) => store.commit(held, { append: [n] }));
  const outcomes = Promise.allSettled(commits);
  await clock.advance(100);
  const won = (await outcomes).map(({ status }) => status === 'fulfilled');
  expect(won).toEqual([true, ...Array(19).fill(false)]);
});

test('a failure is late too', async () => {
  const { clock, store } = setUp({ delayMs: [10, 10] });
  store.break('fail');
  let failed = false;
  store.load('a').catch(() => {
    failed = true;
  });
  await clock.advance(9);
  expect(failed).toBe(false);
  await clock.advance(1);
  expect(failed).toBe(true);
});

test('rates are kept, and heal and break switch them off and on', async () => {
  const { store } = setUp({ failRate: 0.2, lostRequestRate: 0.1, lostAnswerRate: 0.3 });
  const createMany = async (from: number) => {
    const before = { failed: store.failed, lost: store.lost };
    const ids = Array.from({ length: 2_000 }, (_, n) => `s${from + n}`);
    await Promise.allSettled(ids.map((id) => store.create(newRecord(id))));
    return { failed: store.failed - before.failed, lost: store.lost - before.lost };
  };
  const first = await createMany(0);
  expect(first.failed / 2_000).toBeCloseTo(0.2, 1);
  expect(first.lost / 2_000).toBeCloseTo(0.4, 1);
  store.heal();
  expect(await createMany(2_000)).toEqual({ failed: 0, lost: 0 });
  store.break('fail');
  expect(await createMany(4_000)).toEqual({ failed: 2_000, lost: 0 });
  store.break();
  expect((await createMany(6_000)).lost / 2_000).toBeCloseTo(0.4, 1);
  expect(store.calls).toBe(8_000);
});

test('it is as durable as the store behind it', () => {
  for (const durable of [false, true]) {
    const inner = Object.assign(createMemoryStore(), { durable });
    const store = faultyStore(inner, { clock: createVirtualClock(), random: seeded(1) });
    expect(store.durable).toBe(durable);
  }
});

test('only the methods asked for go wrong', async () => {
  const only = (method: StoreMethod): boolean => method === 'commit';
  const { store } = setUp({ only, failRate: 1 });
  const held = await store.create(newRecord('a'));
  await expect(store.commit(held, {})).rejects.toThrow('commit was made to fail');
  store.break('lose-answer');
  expect(await store.load('a')).toEqual(held);
  await expect(store.commit(held, {})).rejects.toThrow(OutcomeUnknown);
});

test('the same seed does the same, call by call', async () => {
  const run = async (seed: number): Promise<readonly string[]> => {
    const rates = { failRate: 0.2, lostRequestRate: 0.2, lostAnswerRate: 0.2 };
    const { clock, store } = setUp({ random: seeded(seed), delayMs: [0, 20], ...rates });
    const log: string[] = [];
    for (let n = 0; n < 30; n++) {
      void store.create(newRecord(`s${n}`)).then(
        () => log.push(`${n} made at ${clock.mono()}`),
        (error: unknown) => log.push(`${n} ${String(error)} at ${clock.mono()}`),
      );
    }
    await clock.advance(20);
    return log;
  };
  const first = await run(7);
  expect(first).toHaveLength(30);
  expect(await run(7)).toEqual(first);
  expect(await run(8)).not.toEqual(first);
});

test('whoever reloads after an unknown outcome finds all of the change or nothing of it', async () => {
  const property = fc.asyncProperty(fc.nat(), fc.nat({ max: 20 }), async (seed, commits) => {
    const rates = { failRate: 0.2, lostRequestRate: 0.2, lostAnswerRate: 0.2 };
    const { inner, store } = setUp({ random: seeded(seed), ...rates });
    let held = await inner.create(newRecord('a'));
    const written: number[] = [];
    for (let n = 0; n < commits; n++) {
      const answer = await store.commit(held, { append: [n] }).catch((error: unknown) => error);
      const loaded = await inner.load('a');
      if (loaded === null) throw new Error('the record is gone');
      const moved = loaded.token !== held.token;
      if (!(answer instanceof Error)) expect(answer).toEqual(loaded);
      else if (!(answer instanceof OutcomeUnknown)) expect(moved).toBe(false);
      if (moved) written.push(n);
      held = loaded;
    }
    const journal = await inner.readJournal('a', { after: 0, limit: 99 });
    expect(journal.map((entry) => entry.data)).toEqual(written);
  });
  await fc.assert(property);
});

test.each([
  { failRate: -0.1 },
  { lostAnswerRate: 1.1 },
  { lostRequestRate: Number.NaN },
  { failRate: 0.6, lostAnswerRate: 0.6 },
  { delayMs: [-1, 5] as const },
  { delayMs: [5, 1] as const },
  { delayMs: [0, Infinity] as const },
])('%j is refused', (options) => {
  expect(() => setUp(options)).toThrow(InvalidOptionError);
});
