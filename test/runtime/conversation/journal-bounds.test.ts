import { expect, test } from 'vitest';
import { JournalFullError, LIMITS } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { bounded, EMPTY, fulfilled } from './bounded-journal.ts';

// What a journal may hold: what does not fit is refused before anything is written.

test('so many entries and no more; a burst cannot overshoot either', async () => {
  const { say, sayAll, seqs, store, balanced } = await bounded({ maxEntries: 5 });
  expect(fulfilled(await sayAll(3))).toBe(3);
  const results = await sayAll(4);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  const { calls } = store;
  const error = await rejectionOf(say('x'));
  expect(error).toBeInstanceOf(JournalFullError);
  expect(error).toMatchObject({ message: expect.stringContaining('maxEntries is 5') });
  expect(store.calls).toBe(calls);
  expect(await seqs()).toEqual([1, 2, 3, 4, 5]);
  await balanced();
});

test('so many bytes of UTF-8 and no more; a burst cannot overshoot either', async () => {
  const { say, sayAll, bytes, balanced } = await bounded({ maxBytes: 10 * EMPTY });
  await say('');
  expect(await bytes()).toBe(EMPTY);
  await say('é'.repeat(2 * EMPTY));
  expect(fulfilled(await sayAll(5, ''))).toBe(4);
  expect(await bytes()).toBe(10 * EMPTY);
  const error = await rejectionOf(say(''));
  expect(error).toMatchObject({ message: expect.stringContaining(`maxBytes is ${10 * EMPTY}`) });
  await balanced();
});

test.each(['fail', 'lose-request', 'lose-answer'] as const)(
  'what a commit that went wrong (%s) did not bring in does not count',
  async (fault) => {
    const { clock, say, sayAll, store, seqs, balanced } = await bounded({ maxEntries: 4 });
    await say('x');
    store.break(fault);
    const burst = sayAll(3);
    await clock.settle();
    store.heal();
    await clock.advance(LIMITS.commitRetryMaxMs);
    await burst;
    const inside = (await seqs()).length;
    expect(fulfilled(await sayAll(4))).toBe(4 - inside);
    expect((await seqs()).length).toBe(4);
    await balanced();
  },
);

test('the outcomes of durable operations are counted and never refused', async () => {
  const { say, entries, seqs, balanced } = await bounded({ maxEntries: 3 });
  await entries(2);
  await say('x');
  await entries(2);
  expect(await seqs()).toEqual([1, 2, 3, 4, 5]);
  expect(await rejectionOf(say('x'))).toBeInstanceOf(JournalFullError);
  await balanced();
});
