import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { quotaUnderTest } from './quota-under-test.ts';

// Who waits for room in a full quota, and does not get it: it left, or it took too long.

test.each([true, false])(
  'for a client that left before it was looked at nobody makes way, durable %s',
  async (durable) => {
    const under = quotaUnderTest({ durable, maxPerPrincipal: 1 });
    await under.opened();
    // Long enough for the runtime too, which ends an idle one over a memory store.
    await under.bench.advance(700_000);
    await under.initialize(AbortSignal.abort()).catch(() => undefined);
    expect(under.reasons()).toEqual([]);
  },
);

test('nor for one that leaves while it is looked up who may go', async () => {
  const leaving = new AbortController();
  const listed = async (): Promise<void> => leaving.abort();
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 1, listed });
  await under.opened();
  await under.quiet();
  expect((await under.initialize(leaving.signal)).status).toBe(503);
  expect(under.reasons()).toEqual([]);
  // Its turn is over: the next one gets the room.
  expect((await under.initialize()).status).toBe(200);
});

test('nor for those that leave while they wait behind another one', async () => {
  const leaving = new AbortController();
  let listings = 0;
  const listed = async (): Promise<void> => {
    listings += 1;
    leaving.abort();
  };
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 5, listed });
  const [oldest] = [await under.opened()];
  for (let n = 0; n < 4; n += 1) await under.opened();
  await under.quiet();
  const first = under.initialize();
  const others = Array.from({ length: 20 }, () => under.initialize(leaving.signal));
  expect((await first).status).toBe(200);
  for (const { status } of await Promise.all(others)) expect(status).toBe(503);
  expect(under.reasons()).toEqual([[oldest, 'operator']]);
  expect(listings).toBe(1);
});

/** Ends of sessions take all the time that they may. */
const slowly = (maxPerPrincipal: number) => {
  let hangs = true;
  const cleanup = (): Promise<void> => (hangs ? new Promise(() => undefined) : Promise.resolve());
  const under = quotaUnderTest({ durable: true, maxPerPrincipal, cleanup });
  const statuses: number[] = [];
  const asked = (signal?: AbortSignal): void => {
    void under.initialize(signal).then(({ status }) => statuses.push(status));
  };
  const filled = async (): Promise<void> => {
    for (let n = 0; n < maxPerPrincipal; n += 1) await under.opened();
    await under.quiet();
  };
  const hastens = (): void => {
    hangs = false;
  };
  return { ...under, statuses, asked, filled, hastens };
};

test('who leaves gives up its turn, at once, and those behind it come the sooner', async () => {
  const under = slowly(8);
  await under.filled();
  const leaving = new AbortController();
  under.asked();
  for (let n = 0; n < 5; n += 1) under.asked(leaving.signal);
  under.asked();
  await under.bench.settle();
  expect(under.statuses).toEqual([]);
  leaving.abort();
  await under.bench.settle();
  expect(under.statuses).toEqual([503, 503, 503, 503, 503]);
  await under.bench.advance(2 * LIMITS.cleanupTimeoutMs);
  expect(under.statuses.slice(5)).toEqual([200, 200]);
  expect(under.reasons()).toHaveLength(2);
  under.hastens();
});

test('who leaves while one is ended for it leaves that room to the next', async () => {
  const under = slowly(3);
  await under.filled();
  const leaving = new AbortController();
  under.asked(leaving.signal);
  await under.bench.settle();
  under.asked();
  await under.bench.settle();
  leaving.abort();
  await under.bench.advance(LIMITS.cleanupTimeoutMs);
  expect(under.statuses.sort()).toEqual([200, 503]);
  expect(under.reasons()).toHaveLength(1);
  under.hastens();
});

test('nobody waits longer for its turn than half a minute: 503, and nobody is ended for it', async () => {
  const under = slowly(20);
  await under.filled();
  for (let n = 0; n < 20; n += 1) under.asked();
  await under.bench.advance(LIMITS.roomWaitMs + LIMITS.cleanupTimeoutMs);
  expect(under.statuses).toHaveLength(20);
  const made = under.statuses.filter((status) => status === 200).length;
  // The last of them waited for just so long.
  const turns = LIMITS.roomWaitMs / LIMITS.cleanupTimeoutMs;
  expect([turns, turns + 1]).toContain(made);
  expect(under.statuses.filter((status) => status === 503)).toHaveLength(20 - made);
  under.hastens();
  await under.bench.settle();
  expect(under.reasons()).toHaveLength(made);
});
