import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from './seeded.ts';
import { storeModel } from './store-model.ts';
import { withTime } from './with-time.ts';

const clock = createVirtualClock();

const prompt = async () => ({ store: createSimulatedDisk({ clock }).open() });
for (const { name, run } of storeContract(prompt)) {
  test(`a simulated disk whose syncs take no time: ${name}`, run);
}

const random = seeded(1);
const slow = async () => ({
  store: createSimulatedDisk({ clock, syncMs: () => random() * 20 }).open(),
});
for (const { name, run } of storeContract(slow)) {
  test(`a simulated disk whose syncs take time: ${name}`, () => withTime(clock, run()));
}

const far = async () => ({
  store: faultyStore(createSimulatedDisk({ clock, syncMs: 10 }).open(), {
    clock,
    random: seeded(2),
    delayMs: [1, 30],
  }),
});
for (const { name, run } of storeContract(far)) {
  test(`a simulated disk behind late answers: ${name}`, () => withTime(clock, run()));
}

test('in whatever order it is used, it answers as a plain model does', async () => {
  await fc.assert(storeModel(prompt), { numRuns: 200 });
});

test('what is used takes no timer along', () => {
  expect(clock.pending).toBe(0);
});
