import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { watchedStore } from '../../src/testing/watched-store.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

const setUp = () => {
  const faulty = faultyStore(createMemoryStore(), {
    clock: createVirtualClock(),
    random: () => 0.5,
  });
  return { faulty, ...open(faulty) };
};

const open = (inner: Parameters<typeof watchedStore>[0]) => {
  const watched = watchedStore(inner);
  return { watched, store: watched.store };
};

for (const { name, run } of storeContract(async () => ({
  store: watchedStore(createMemoryStore()).store,
}))) {
  test(`a watched store is a store: ${name}`, run);
}

test('calls are named by what they are about, until they are answered', async () => {
  const { faulty, watched, store } = setUp();
  faulty.break('stall');
  const answers = [
    store.load('ses_a'),
    store.find('ada', 'key'),
    store.list({ limit: 1 }),
    store.dueBefore(1, 1, null),
  ];
  expect(watched.unanswered()).toEqual(['load of ses_a', 'find of ada', 'list', 'dueBefore']);
  faulty.heal();
  await Promise.all(answers);
  expect(watched.unanswered()).toEqual([]);
});

test('a failure is an answer', async () => {
  const { faulty, watched, store } = setUp();
  faulty.break('fail');
  await expect(store.load('ses_a')).rejects.toThrow();
  expect(watched.unanswered()).toEqual([]);
  expect(watched.isClosed).toBe(false);
});

test('it is closed once its close has answered', async () => {
  const { watched, store } = setUp();
  await store.load('ses_a');
  const closing = store.close();
  expect([watched.isClosed, watched.unanswered()]).toEqual([false, ['close']]);
  await closing;
  expect([watched.isClosed, watched.unanswered()]).toEqual([true, []]);
});

test('one that could not be closed is not', async () => {
  const { watched, store } = open(
    Object.assign(createMemoryStore(), { close: () => Promise.reject(new Error('no')) }),
  );
  await expect(store.close()).rejects.toThrow('no');
  expect(watched.isClosed).toBe(false);
});
