import { expect, test } from 'vitest';
import {
  createMemoryStore,
  Fenced,
  JournalFullError,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { quietRuntime, rejectionOf } from '../fixture.ts';
import { bounded, EMPTY } from './bounded-journal.ts';

// `onFull: 'drop-oldest'`: the oldest entries of a full journal make room for the new ones.

test('the oldest make room, an eighth of the bound more than needed', async () => {
  const { session, say, sayAll, seqs, balanced } = await bounded({
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

test('a full journal is not read for each message', async () => {
  const { store, sayAll, say } = await bounded({ maxEntries: 400, onFull: 'drop-oldest' });
  await sayAll(400);
  const before = store.calls;
  for (let n = 0; n < 100; n++) await say('x');
  // A commit each, and two looks at the oldest of one page each.
  expect(store.calls - before).toBe(102);
});

test('drop-oldest by bytes: large ones go for small ones and small ones for large ones', async () => {
  const maxBytes = 100 * EMPTY;
  const { say, sayAll, bytes, seqs, balanced } = await bounded({ maxBytes, onFull: 'drop-oldest' });
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

test('a burst larger than the journal passes through it, in order', async () => {
  const { sayAll, seqs, session, balanced } = await bounded({
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

test('a message larger than the whole journal is refused, and nothing is dropped for it', async () => {
  const { say, seqs } = await bounded({ maxBytes: 3 * EMPTY, onFull: 'drop-oldest' });
  await say('');
  expect(await rejectionOf(say('x'.repeat(2 * EMPTY + 1)))).toBeInstanceOf(JournalFullError);
  await say('');
  expect(await seqs()).toEqual([1, 2]);
});

test('a durable operation that there is no room for is not started; its outcome always has room', async () => {
  let ran = 0;
  const { session, say, seqs, balanced } = await bounded(
    { maxEntries: 2 },
    {
      count: () => {
        ran += 1;
      },
    },
  );
  await say('x');
  await session.run('count', null, { durable: true });
  expect(await seqs()).toEqual([1, 2, 3]);
  const refused = await rejectionOf(session.run('count', null, { durable: true }));
  expect(refused).toBeInstanceOf(JournalFullError);
  expect([ran, await seqs(), session.info().inFlight]).toEqual([1, [1, 2, 3], 0]);
  await balanced();
});

test('the start of a durable operation that still runs stays, even if that is all there is room for', async () => {
  let finish = (): void => undefined;
  const { clock, session, say, seqs, balanced } = await bounded(
    { maxEntries: 4, onFull: 'drop-oldest' },
    {
      work: () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    },
  );
  await say('1');
  await say('2');
  const running = session.run('work', null, { durable: true });
  await clock.settle();
  await say('4');
  await say('5');
  await say('6');
  expect(await seqs()).toEqual([3, 4, 5, 6]);
  expect(await rejectionOf(say('7'))).toBeInstanceOf(JournalFullError);
  expect(await seqs()).toEqual([3, 4, 5, 6]);
  finish();
  await running;
  expect(await seqs()).toEqual([3, 4, 5, 6, 7]);
  await say('8');
  expect(await seqs()).toEqual([5, 6, 7, 8]);
  await balanced();
});

test('the start of a durable operation stays also where somebody waits for room as it gets in', async () => {
  const { clock, session, say, seqs } = await bounded(
    { maxEntries: 1, onFull: 'drop-oldest' },
    { work: () => new Promise(() => undefined) },
  );
  const running = session.run('work', null, { durable: true });
  running.catch(() => undefined);
  expect(await rejectionOf(say('x'))).toBeInstanceOf(JournalFullError);
  expect(await seqs()).toEqual([1]);
  await clock.settle();
  expect(session.operations()).toMatchObject([{ state: 'running' }]);
});

test('nothing is dropped where that does not make room enough', async () => {
  const { clock, session, say, seqs } = await bounded(
    { maxBytes: 8 * EMPTY, onFull: 'drop-oldest' },
    { work: () => new Promise(() => undefined) },
  );
  await say('');
  session.run('work', null, { durable: true }).catch(() => undefined);
  await clock.settle();
  await say('x'.repeat(2 * EMPTY));
  expect(await rejectionOf(say('x'.repeat(4 * EMPTY)))).toBeInstanceOf(JournalFullError);
  await session.pause();
  expect(await seqs()).toEqual([1, 2, 3]);
});

test('where the oldest cannot be read, nothing is appended, and the next one can be', async () => {
  const { say, sayAll, store, seqs, balanced } = await bounded({
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

test('a session that ends while room is made takes nothing any more', async () => {
  const { clock, session, say, sayAll, store, seqs } = await bounded({
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

test('a session that another owner wins while room is made leaves nobody waiting', async () => {
  const { clock, session, memory, say, store } = await bounded({
    maxEntries: 1,
    onFull: 'drop-oldest',
  });
  await say('x');
  store.break('stall');
  const waiting = [say('a'), say('b'), say('c'), say('d')].map(rejectionOf);
  await clock.settle();
  const record = await memory.load(session.id);
  if (record === null) throw new Error('no record');
  await memory.release(record);
  await memory.claim(session.id, 'another process');
  store.heal();
  for (const error of waiting) expect(await error).toBeInstanceOf(Fenced);
});

test('an append while the id is rotated finds the oldest entries under the new one', async () => {
  const { runtime } = quietRuntime({ journal: { maxEntries: 8, onFull: 'drop-oldest' } });
  const session = await runtime.create({ principal: 'ada' });
  for (let n = 0; n < 8; n += 1) await session.append({ role: 'user', content: `m${n}` });
  const [, last] = await Promise.all([
    session.rotateId(),
    session.append({ role: 'user', content: 'last' }),
  ]);
  expect((await session.messages()).messages.at(-1)).toEqual(last);
});

test('the store is told of a trim once, not with every commit that follows', async () => {
  const memory = createMemoryStore();
  const trims: unknown[] = [];
  const commit = memory.commit.bind(memory);
  memory.commit = (held, change) => {
    trims.push(change.trimBefore);
    return commit(held, change);
  };
  const { runtime } = quietRuntime({
    store: memory,
    journal: { maxEntries: 2, onFull: 'drop-oldest' },
  });
  const session = await runtime.create();
  for (let n = 0; n < 3; n += 1) await session.append({ role: 'user', content: `m${n}` });
  expect(trims.filter((trim) => trim !== undefined)).toHaveLength(1);
  trims.length = 0;
  await session.pause();
  await session.resume();
  expect(trims).toEqual([undefined, undefined]);
  expect((await session.messages()).messages.map(({ content }) => content)).toEqual(['m1', 'm2']);
});
