import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { type FaultyStoreOptions, faultyStore } from '../../src/testing/faulty-store.ts';
import { newRecord } from '../../src/testing/store-contract/case.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from '../contract/seeded.ts';

const setUp = (options: Partial<FaultyStoreOptions> = {}) => {
  const clock = createVirtualClock();
  const inner = createMemoryStore();
  const store = faultyStore(inner, { clock, random: seeded(1), ...options });
  return { clock, inner, store };
};

test('a held answer is of a call that was done at once, and comes when the store heals', async () => {
  const { clock, inner, store } = setUp();
  const held = await store.create(newRecord('a'));
  store.break('hold-answer');
  let answered = false;
  const committing = store.commit(held, { append: ['x'] }).then((next) => {
    answered = true;
    return next;
  });
  await clock.advance(60_000);
  expect([answered, store.stalled]).toEqual([false, 1]);
  expect((await inner.load('a'))?.journalSeq).toBe(1);
  store.heal();
  expect(await committing).toEqual(await inner.load('a'));
});

test('a read whose answer was held is stale: it shows the state before what was acknowledged since', async () => {
  const { store } = setUp();
  const held = await store.create(newRecord('a'));
  store.breakNext('load', 'hold-answer');
  const reading = store.load('a');
  const next = await store.commit(held, { state: 'idle' });
  expect(await store.load('a')).toEqual(next);
  expect(store.stale).toBe(0);
  store.heal();
  expect(await reading).toEqual(held);
  expect(store.stale).toBe(1);
});

test('late answers make stale reads, but a read begun after the acknowledgement sees the write', async () => {
  const { clock, store } = setUp({ delayMs: [0, 100] });
  let acknowledged = 0;
  const writing = (async () => {
    let held = await store.create(newRecord('a'));
    while (held.journalSeq < 30) {
      held = await store.commit(held, { append: ['x'] });
      acknowledged = held.journalSeq;
    }
  })();
  let overtaken = 0;
  const read = async (): Promise<void> => {
    const before = acknowledged;
    const seen = (await store.load('a'))?.journalSeq ?? 0;
    expect(seen).toBeGreaterThanOrEqual(before);
    if (seen < acknowledged) overtaken += 1;
  };
  const reads: Promise<void>[] = [];
  while (acknowledged < 30) {
    reads.push(read());
    await clock.advance(5);
  }
  await clock.advance(100);
  await Promise.all([writing, ...reads]);
  expect(overtaken).toBeGreaterThan(20);
  expect(store.stale).toBeGreaterThanOrEqual(overtaken);
});

test('after a crash nothing is answered and nothing is done, and no delay is left', async () => {
  const { clock, inner, store } = setUp({ delayMs: [10, 10] });
  const answers: string[] = [];
  const ask = (name: string, call: Promise<unknown>): void => {
    const answered = () => answers.push(name);
    call.then(answered, answered);
  };
  ask('late', store.create(newRecord('a')));
  store.breakNext('create', 'stall');
  ask('stalled', store.create(newRecord('b')));
  expect(clock.pending).toBe(1);
  store.crash();
  expect(clock.pending).toBe(0);
  ask('after', store.create(newRecord('c')));
  ask('close', store.close());
  store.heal();
  await clock.advance(60_000);
  expect([answers, store.stalled]).toEqual([[], 0]);
  expect((await inner.list({ limit: 9 })).records.map((record) => record.id)).toEqual(['a']);
});

test('a crash also silences what was done and on its way back', async () => {
  const { clock, store } = setUp();
  await store.create(newRecord('a'));
  let answered = false;
  const answer = () => {
    answered = true;
  };
  store.load('a').then(answer, answer);
  store.create(newRecord('a')).then(answer, answer);
  store.crash();
  await clock.settle();
  expect(answered).toBe(false);
});

test('who asked for it is told of each call that goes wrong, and how', async () => {
  const met: string[] = [];
  const store = faultyStore(createMemoryStore(), {
    clock: createVirtualClock(),
    random: () => 0,
    onFault: (method, fault) => met.push(`${method} ${fault}`),
  });
  await store.count({});
  // Asked for, and no call came: nothing went wrong.
  store.break('stall');
  store.heal();
  store.breakNext('load', 'lose-answer');
  await expect(store.load('a')).rejects.toThrow('made to fail');
  // A read has nothing to be unsure of.
  expect(met).toEqual(['load fail']);
});
