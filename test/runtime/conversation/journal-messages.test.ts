import { expect, test } from 'vitest';
import { InvalidOptionError, LIMITS, type Message, StoreError } from '../../../src/index.ts';
import { appendEntries } from '../../../src/runtime/commits/commits.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { faultyRuntime, noted, openRuntime, rejectionOf } from '../fixture.ts';

// Reading a conversation: page by page, at any time of a session's life, without being its activity.

const begun = async () => {
  const calls: string[] = [];
  const world = openRuntime({ store: noted(createMemoryStore(), calls) });
  const session = await world.runtime.create({ principal: 'ada' });
  const host = world.context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const say = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        session.append({ role: 'user', content: `${n + 1}` }),
      ),
    );
  /** Entries that are no messages, as a durable operation makes them. */
  const work = (count: number) =>
    appendEntries(
      world.context,
      host,
      Array.from({ length: count }, () => ({ kind: 'operation', phase: 'started' })),
      true,
    );
  const pages = async (limit: number) => {
    const read: (readonly Message[])[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page = await session.messages({ after: cursor, limit });
      read.push(page.messages);
      cursor = page.cursor;
    }
    return read.map((page) => page.map(({ content }) => content).join(' '));
  };
  return { ...world, session, say, work, pages, calls };
};

test('pages are full up to the last one, and the cursor of the last one is null', async () => {
  const { session, say, pages } = await begun();
  expect(await session.messages()).toEqual({ messages: [], cursor: null });
  await say(5);
  expect(await pages(2)).toEqual(['1 2', '3 4', '5']);
  await say(1);
  expect(await pages(2)).toEqual(['1 2', '3 4', '5 1']);
  expect((await session.messages({ after: 4 })).messages.map(({ seq }) => seq)).toEqual([5, 6]);
  expect(await session.messages({ after: 6 })).toEqual({ messages: [], cursor: null });
  expect(await session.messages({ after: 1_000 })).toEqual({ messages: [], cursor: null });
});

test('entries of other kinds leave holes in the numbers, but shorten no page', async () => {
  const { say, work, pages, session } = await begun();
  await work(60);
  await say(2);
  await work(130);
  await say(3);
  await work(70);
  expect(await pages(2)).toEqual(['1 2', '1 2', '3']);
  expect(await pages(5)).toEqual(['1 2 1 2 3']);
  const { messages } = await session.messages();
  expect(messages.map(({ seq }) => seq)).toEqual([61, 62, 193, 194, 195]);
});

test('a small page is few reads, however far apart the messages lie', async () => {
  const { session, say, work, calls } = await begun();
  await work(1_000);
  await say(1);
  calls.length = 0;
  expect((await session.messages({ limit: 1 })).messages).toHaveLength(1);
  expect(calls.length).toBeLessThanOrEqual(21);
});

test('a thousand messages come at once where nothing else is asked for', async () => {
  const { session, say } = await begun();
  await say(LIMITS.messagesPage + 1);
  const { messages, cursor } = await session.messages();
  expect(messages).toHaveLength(LIMITS.messagesPage);
  expect(cursor).toBe(LIMITS.messagesPage);
});

test.each([
  { after: -1 },
  { after: 1.5 },
  { after: Number.NaN },
  { limit: 0 },
  { limit: 2.5 },
  { limit: LIMITS.messagesPage + 1 },
])('refused: %o', async (options) => {
  const { session } = await begun();
  const error = await rejectionOf(session.messages(options));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option: Object.keys(options)[0] });
});

test('reading is no activity', async () => {
  const { clock, session, say } = await begun();
  await say(1);
  await clock.advance(10_000);
  expect(session.state).toBe('idle');
  const { lastActivityAt } = session.info();
  await session.messages();
  expect([session.state, session.info().lastActivityAt]).toEqual(['idle', lastActivityAt]);
});

test('the conversation can be read after the end, until its tombstone goes', async () => {
  const { clock, runtime, session, say } = await begun();
  await say(2);
  await session.terminate();
  const tombstone = await runtime.get(session.id);
  const { messages } = await tombstone.messages();
  expect(messages.map(({ content }) => content)).toEqual(['1', '2']);
  expect((await session.messages()).messages).toEqual(messages);
  await clock.advance(LIMITS.tombstoneMs + LIMITS.sweepIntervalMs);
  expect(await session.messages()).toEqual({ messages: [], cursor: null });
});

test('a store that cannot be read is a StoreError', async () => {
  const { runtime, store } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  expect(await rejectionOf(session.messages())).toBeInstanceOf(StoreError);
});
