import { expect, test } from 'vitest';
import { Census } from '../../../src/runtime/admission/census.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';

/** A store that counts, and answers when it is told to. */
const countingStore = () => {
  const answers: ((count: number) => void)[] = [];
  const count: Store['count'] = () => new Promise((answer) => answers.push(answer));
  const store: Store = Object.assign(createMemoryStore(), { count });
  return { store, answers };
};

test('a principal is asked for once, and counted along from there', async () => {
  const { store, answers } = countingStore();
  const census = new Census(store);
  census.know(7);
  const asking = census.learn('ada');
  expect(census.learn('ada')).toBe(asking);
  answers[0]?.(3);
  await asking;
  expect(census.learn('ada')).toBeNull();
  census.add('ada');
  census.add(null);
  expect([census.of('ada'), census.of('bob'), census.of(null), census.total]).toEqual([4, 0, 0, 9]);
  census.remove('ada');
  census.remove('bob');
  expect([census.of('ada'), census.total]).toEqual([3, 7]);
  expect(answers).toHaveLength(1);
});

test('an end while the number is on its way makes it be asked again', async () => {
  const { store, answers } = countingStore();
  const census = new Census(store);
  const asking = census.learn('ada');
  census.remove('ada');
  answers[0]?.(3);
  await Promise.resolve();
  await Promise.resolve();
  answers[1]?.(2);
  await asking;
  expect(census.of('ada')).toBe(2);
});

test('a number that was read while an end was being written is asked for again once that is heard', async () => {
  const { store, answers } = countingStore();
  const census = new Census(store);
  const asking = census.learn('ada');
  const [heard, other] = [census.leaving('ada'), census.leaving('ada')];
  // Nobody knows whether they are in it.
  answers[0]?.(2);
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  census.remove('ada');
  heard();
  heard();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect(answers).toHaveLength(1);
  other();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  answers[1]?.(2);
  await asking;
  expect(census.of('ada')).toBe(2);
  expect(answers).toHaveLength(2);
});

test('a number that could not be had is asked for again, and one that has come to 0 is forgotten', async () => {
  const store = createMemoryStore();
  const census = new Census(store);
  await store.close();
  await expect(census.learn('ada')).rejects.toThrow();
  await expect(census.learn('ada')).rejects.toThrow();
});

test('anonymous sessions have no number of their own', () => {
  const census = new Census(createMemoryStore());
  expect(census.learn(null)).toBeNull();
});

test('a principal who was refused and has no session is forgotten; one who has, or is asked for, is not', async () => {
  const { store, answers } = countingStore();
  const census = new Census(store);
  const [ada, bob] = [census.learn('ada'), census.learn('bob')];
  census.refused('ada');
  expect(census.learn('ada')).toBe(ada);
  answers[0]?.(0);
  answers[1]?.(2);
  await Promise.all([ada, bob]);
  for (const principal of ['ada', 'bob', null]) census.refused(principal);
  expect(census.of('bob')).toBe(2);
  expect(census.learn('bob')).toBeNull();
  // Asked for anew.
  expect(census.learn('ada')).not.toBeNull();
  expect(answers).toHaveLength(3);
});
