import { test } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from './seeded.ts';
import { withTime } from './with-time.ts';

const clock = createVirtualClock();

const prompt = async () => ({
  store: faultyStore(createMemoryStore(), { clock, random: seeded(1) }),
});
for (const { name, run } of storeContract(prompt)) {
  test(`a faulty store without faults: ${name}`, run);
}

const late = async () => ({
  store: faultyStore(createMemoryStore(), { clock, random: seeded(2), delayMs: [1, 50] }),
});
for (const { name, run } of storeContract(late)) {
  test(`a faulty store whose answers are late and out of order: ${name}`, () =>
    withTime(clock, run()));
}

const healed = async () => {
  const rates = { failRate: 0.4, lostRequestRate: 0.3, lostAnswerRate: 0.3 };
  const store = faultyStore(createMemoryStore(), { clock, random: seeded(3), ...rates });
  store.heal();
  return { store };
};
for (const { name, run } of storeContract(healed)) {
  test(`a faulty store that healed: ${name}`, run);
}
