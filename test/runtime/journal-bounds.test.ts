import { expect, test } from 'vitest';
import {
  createMemoryStore,
  JournalFullError,
  type JournalOptions,
  LIMITS,
  SessionTerminatedError,
  StoreError,
} from '../../src/index.ts';
import { appendEntries } from '../../src/runtime/commits.ts';
import { faultyStore } from '../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { openRuntime, rejectionOf } from './fixture.ts';

// What a journal may hold: what does not fit is refused before anything is written, or the oldest make room.

const begun = async (journal: JournalOptions) => {
  const memory = createMemoryStore();
  const clock = createVirtualClock();
  const store = faultyStore(memory, { clock, random: () => 0.5 });
  const world = openRuntime({ store, clock, journal });
  const session = await world.runtime.create({ principal: 'ada' });
  const host = world.context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const say = (content: string) => session.append({ role: 'user', content });
  const sayAll = (count: number, content = 'x') =>
    Promise.allSettled(Array.from({ length: count }, () => say(content)));
  const read = () => memory.readJournal(session.id, { after: 0, limit: 20_000 });
  const seqs = async () => (await read()).map(({ seq }) => seq);
  const bytes = async () =>
    (await read()).reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0);
  /** The record's account of the journal is the journal as it is. */
  const balanced = async () => {
    const { first, bytes: recorded } = (await memory.load(session.id))?.session.journal ?? {};
    expect(recorded).toBe(await bytes());
    expect(first).toBe((await seqs())[0] ?? 1);
    expect([host.appending, host.appendingBytes]).toEqual([0, 0]);
  };
  const entries = (count: number, data: unknown = { kind: 'operation', phase: 'finished' }) =>
    appendEntries(
      world.context,
      host,
      Array.from({ length: count }, () => data),
      true,
    );
  return {
    ...world,
    clock,
    store,
    memory,
    session,
    host,
    say,
    sayAll,
    read,
    seqs,
    bytes,
    balanced,
    entries,
  };
};

const fulfilled = (results: readonly PromiseSettledResult<unknown>[]): number =>
  results.filter(({ status }) => status === 'fulfilled').length;

/** The size of an entry with an empty text. */
const EMPTY = 64;

test('so many entries and no more; a burst cannot overshoot either', async () => {
  const { say, sayAll, seqs, store, balanced } = await begun({ maxEntries: 5 });
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
  const { say, sayAll, bytes, balanced } = await begun({ maxBytes: 10 * EMPTY });
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
    const { clock, say, sayAll, store, seqs, balanced } = await begun({ maxEntries: 4 });
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
  const { say, entries, seqs, balanced } = await begun({ maxEntries: 3 });
  await entries(2);
  await say('x');
  await entries(2);
  expect(await seqs()).toEqual([1, 2, 3, 4, 5]);
  expect(await rejectionOf(say('x'))).toBeInstanceOf(JournalFullError);
  await balanced();
});

test('drop-oldest: the oldest make room, an eighth of the bound more than needed', async () => {
  const { session, say, sayAll, seqs, balanced } = await begun({
    maxEntries: 80,
    onFull: 'drop-oldest',
  });
  await sayAll(80);
  expect((await seqs()).at(0)).toBe(1);
  expect((await say('x')).seq).toBe(81);
  expect(await seqs()).toEqual(Array.from({ length: 70 }, (_, n) => n + 12));
  await sayAll(10);
  expect((await seqs()).length).toBe(80);
  await say('x');
  expect((await seqs()).length).toBe(70);
  await balanced();
  // Where the reader was is gone: it goes on with the first one kept.
  const { messages } = await session.messages({ after: 3, limit: 1 });
  expect(messages.map(({ seq }) => seq)).toEqual([(await seqs())[0]]);
});

test('drop-oldest: a full journal is not read for each message', async () => {
  const { store, sayAll, say } = await begun({ maxEntries: 400, onFull: 'drop-oldest' });
  await sayAll(400);
  const before = store.calls;
  for (let n = 0; n < 100; n++) await say('x');
  // A commit each, and two looks at the oldest of one page each.
  expect(store.calls - before).toBe(102);
});

test('drop-oldest by bytes: large ones go for small ones and small ones for large ones', async () => {
  const maxBytes = 100 * EMPTY;
  const { say, sayAll, bytes, seqs, balanced } = await begun({ maxBytes, onFull: 'drop-oldest' });
  await say('x'.repeat(50 * EMPTY));
  await sayAll(49, '');
  expect(await bytes()).toBe(maxBytes);
  await say('');
  expect((await seqs())[0]).toBe(2);
  expect(await bytes()).toBe(50 * EMPTY);
  await sayAll(50, '');
  expect(await bytes()).toBe(maxBytes);
  await say('x'.repeat(29 * EMPTY));
  const left = await bytes();
  expect(left).toBeLessThanOrEqual(maxBytes);
  expect(left).toBeGreaterThan(maxBytes - maxBytes / 8 - EMPTY);
  await balanced();
});

test('drop-oldest: a burst larger than the journal passes through it, in order', async () => {
  const { sayAll, seqs, session, balanced } = await begun({
    maxEntries: 3,
    onFull: 'drop-oldest',
  });
  const results = await sayAll(20);
  const numbers = results.map((result) => (result.status === 'fulfilled' ? result.value.seq : 0));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(await seqs()).toEqual([18, 19, 20]);
  expect((await session.messages()).messages).toHaveLength(3);
  await balanced();
});

test('drop-oldest: a message larger than the whole journal is refused, and nothing is dropped for it', async () => {
  const { say, seqs } = await begun({ maxBytes: 3 * EMPTY, onFull: 'drop-oldest' });
  await say('');
  expect(await rejectionOf(say('x'.repeat(2 * EMPTY + 1)))).toBeInstanceOf(JournalFullError);
  expect(await seqs()).toEqual([1]);
});

test('drop-oldest: the start of a durable operation that still runs stays, even if that is all there is room for', async () => {
  const { say, host, runtime, entries, seqs } = await begun({
    maxEntries: 4,
    onFull: 'drop-oldest',
  });
  await say('1');
  await say('2');
  const startedSeq = await entries(1, { kind: 'operation', phase: 'started' });
  let finish = (): void => undefined;
  const running = runtime.get(host.id).then((session) =>
    session.run(
      'work',
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    ),
  );
  await Promise.resolve();
  await rejectionOf(Promise.reject(new Error('a turn')));
  const operation = host.work?.list()[0];
  if (operation === undefined) throw new Error('no operation');
  operation.startedSeq = startedSeq;
  await say('4');
  await say('5');
  await say('6');
  expect(await seqs()).toEqual([3, 4, 5, 6]);
  expect(await rejectionOf(say('7'))).toBeInstanceOf(JournalFullError);
  expect(await seqs()).toEqual([3, 4, 5, 6]);
  finish();
  await running;
  await say('8');
  expect(await seqs()).toEqual([4, 5, 6, 7]);
});

test('drop-oldest: where the oldest cannot be read, nothing is appended, and the next one can be', async () => {
  const { say, sayAll, store, seqs, balanced } = await begun({
    maxEntries: 3,
    onFull: 'drop-oldest',
  });
  await sayAll(3);
  store.break('fail');
  expect(await rejectionOf(say('x'))).toBeInstanceOf(StoreError);
  store.heal();
  expect((await say('x')).seq).toBe(4);
  expect(await seqs()).toEqual([2, 3, 4]);
  await balanced();
});

test('drop-oldest: a session that ends while room is made takes nothing any more', async () => {
  const { clock, session, say, sayAll, store, seqs } = await begun({
    maxEntries: 3,
    onFull: 'drop-oldest',
  });
  await sayAll(3);
  store.break('stall');
  const late = [rejectionOf(say('x')), rejectionOf(say('y'))];
  const end = session.terminate();
  await clock.settle();
  store.heal();
  await end;
  for (const error of late) expect(await error).toBeInstanceOf(SessionTerminatedError);
  expect((await seqs()).at(-1)).toBe(3);
});
