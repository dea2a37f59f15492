import { expect, test } from 'vitest';
import {
  InvalidOptionError,
  LIMITS,
  type Message,
  type NewMessage,
  OutcomeUnknown,
  type SessionLifecycleEvent,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { faultyRuntime, quietRuntime, rejectionOf, standing, toldOf } from '../fixture.ts';

// A message is in the journal before its caller hears of it, and what failed is not in.

const begun = async (...given: Parameters<typeof faultyRuntime>) => {
  const world = faultyRuntime(...given);
  const { runtime, events, store, memory } = world;
  const session = await runtime.create({ principal: 'ada' });
  const said = (text: string) => session.append({ role: 'user', content: text });
  const read = async () => (await session.messages()).messages;
  const texts = async () => (await read()).map(({ content }) => content);
  const told = () => toldOf(events, session.id).slice(3);
  const numbers = () =>
    events.flatMap((event) => (event.type === 'session.appended' ? [event.journalSeq] : []));
  /** What the record says is in the journal, and what is. */
  const account = async () => {
    const entries = await memory.readJournal(session.id, { after: 0, limit: 10_000 });
    const bytes = entries.reduce(
      (sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)),
      0,
    );
    const record = await memory.load(session.id);
    return { recorded: record?.session.journal, real: { first: entries[0]?.seq ?? 1, bytes } };
  };
  return { ...world, store, session, said, read, texts, told, numbers, account };
};

test('an appended message comes back as it will be read, with its number and its time', async () => {
  const { clock, session, read } = await begun();
  await clock.advance(1_000);
  const first = await session.append({ role: 'user', content: 'Hello' });
  const parts = [{ type: 'image', url: 'x' }, { type: 'text' }];
  const second = await session.append({
    role: 'assistant',
    content: parts,
    metadata: { model: 'm' },
  });
  expect(first).toEqual({ seq: 1, at: clock.wall(), role: 'user', content: 'Hello' });
  expect(second).toEqual({
    seq: 2,
    at: clock.wall(),
    role: 'assistant',
    content: parts,
    metadata: { model: 'm' },
  });
  expect(await read()).toEqual([first, second]);
});

test('nothing is shared with the caller, neither on the way in nor on the way out', async () => {
  const { session, read } = await begun();
  const parts = [{ type: 'text', text: 'as it was' }];
  const metadata = { tags: ['one'] };
  const pending = session.append({ role: 'user', content: parts, metadata });
  parts[0] = { type: 'text', text: 'changed' };
  metadata.tags.push('two');
  const given = await pending;
  const expected = { content: [{ type: 'text', text: 'as it was' }], metadata: { tags: ['one'] } };
  expect(given).toMatchObject(expected);
  expect(await read()).toMatchObject([expected]);
  for (const message of [given, ...(await read())]) {
    expect(Object.isFrozen(message)).toBe(true);
    expect(Object.isFrozen(message.content)).toBe(true);
  }
});

test('other fields of a message are not kept: one that was read can be appended again', async () => {
  const { session, read } = await begun();
  const first = await session.append({ role: 'tool', content: 'x' });
  const again = await session.append(first);
  expect(again.seq).toBe(2);
  expect(Object.keys((await read())[1] ?? {}).sort()).toEqual(['at', 'content', 'role', 'seq']);
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ['no message', undefined, 'message'],
  ['an unknown role', { role: 'robot', content: 'x' }, 'message.role'],
  ['no content', { role: 'user' }, 'message.content'],
  ['a number', { role: 'user', content: 1 }, 'message.content'],
  ['no parts', { role: 'user', content: [] }, 'message.content'],
  ['a part without a type', { role: 'user', content: [{ text: 'x' }] }, 'message.content'],
  ['a part that is null', { role: 'user', content: [null] }, 'message.content'],
  [
    'a part that is no JSON',
    { role: 'user', content: [{ type: 'x', d: new Map() }] },
    'message.content',
  ],
  ['metadata that is a list', { role: 'user', content: 'x', metadata: [] }, 'message.metadata'],
  [
    'metadata that is no JSON',
    { role: 'user', content: 'x', metadata: { n: Number.NaN } },
    'message.metadata',
  ],
];

test.each(wrong)('refused before anything is written: %s', async (_, message, option) => {
  const { store, session, texts } = await begun();
  const { calls } = store;
  const error = await rejectionOf(session.append(message as NewMessage)); // Wrong on purpose.
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option, allowed: expect.any(String) });
  expect(store.calls).toBe(calls);
  expect(await texts()).toEqual([]);
});

test('a message may take 256 KiB of UTF-8 JSON in the journal, metadata included, and not a byte more', async () => {
  const { memory, session } = await begun();
  await session.append({ role: 'user', content: '', metadata: { note: 'é' } });
  const [entry] = await memory.readJournal(session.id, { after: 0, limit: 1 });
  const room = LIMITS.messageBytes - Buffer.byteLength(JSON.stringify(entry?.data));
  const content = 'é'.repeat(room / 2) + 'x'.repeat(room % 2);
  await session.append({ role: 'user', content, metadata: { note: 'é' } });
  const more = session.append({ role: 'user', content: `${content}x`, metadata: { note: 'é' } });
  expect(await rejectionOf(more)).toMatchObject({
    option: 'message',
    value: `${LIMITS.messageBytes + 1} bytes`,
  });
});

test('nobody is told of a message before it is in the journal', async () => {
  const { clock, store, said, told, texts } = await begun();
  store.break('stall');
  const pending = said('Hello');
  expect((await standing(clock, pending)).is).toBe('pending');
  expect(told()).toEqual([]);
  store.heal();
  expect((await pending).seq).toBe(1);
  expect(told()).toEqual(['appended']);
  expect(await texts()).toEqual(['Hello']);
});

test('several at once go in call order, all but the first in one commit, and are told in that order', async () => {
  const { store, said, texts, numbers } = await begun();
  const before = store.calls;
  const all = await Promise.all(['a', 'b', 'c', 'd'].map(said));
  expect(store.calls).toBe(before + 2);
  expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(numbers()).toEqual([1, 2, 3, 4]);
  expect(await texts()).toEqual(['a', 'b', 'c', 'd']);
});

test('a message that failed is not in, then or later, and nothing is ever told of it', async () => {
  const { clock, store, session, said, texts, told, account } = await begun();
  store.break('fail');
  const [first, second] = [rejectionOf(said('one')), said('two')];
  expect(await first).toBeInstanceOf(StoreError);
  store.heal();
  // The second one was not in the attempt that failed: the next one carries it.
  await clock.advance(LIMITS.commitRetryMs);
  expect((await second).seq).toBe(1);
  expect(await texts()).toEqual(['two']);
  const next = await said('three');
  expect(next.seq).toBe(2);
  await session.pause();
  expect(told()).toEqual(['appended', 'appended', 'active>paused', 'paused']);
  const { recorded, real } = await account();
  expect(recorded).toEqual(real);
});

test('what is told behind a message that failed is told all the same', async () => {
  const { store, session, said, told } = await begun();
  store.break('fail');
  const failed = rejectionOf(said('one'));
  session.attach();
  expect(told()).toEqual([]);
  await failed;
  expect(told()).toEqual(['attached']);
});

test('an answer that was lost: the message is in, once', async () => {
  const { clock, store, said, texts, told, account } = await begun({
    only: (method) => method === 'commit',
  });
  store.break('lose-answer');
  expect(await said('Hello')).toMatchObject({ seq: 1, content: 'Hello' });
  store.heal();
  await clock.advance(5_000);
  expect(await texts()).toEqual(['Hello']);
  expect(told()).toEqual(['appended']);
  const { recorded, real } = await account();
  expect(recorded).toEqual(real);
});

test('a request that was lost: the message is not in', async () => {
  const { clock, store, said, texts, told } = await begun({
    only: (method) => method === 'commit',
  });
  store.break('lose-request');
  expect(await rejectionOf(said('Hello'))).toBeInstanceOf(StoreError);
  store.heal();
  await clock.advance(5_000);
  expect(await texts()).toEqual([]);
  expect(told()).toEqual([]);
});

test.each([
  ['lose-answer', ['Hello'], ['appended']],
  ['lose-request', [], []],
] as const)(
  '%s, and the store cannot be asked: the caller hears that nobody knows, and the rest later',
  async (fault, inside, told) => {
    const world = await begun({ only: (method) => method === 'commit' || method === 'load' });
    const { clock, store, said } = world;
    store.break(fault);
    const error = await rejectionOf(said('Hello'));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    // Asked for while nobody knows: these are not tried before that is settled, and are not in.
    const second = rejectionOf(said('two'));
    expect(await second).toBeInstanceOf(StoreError);
    store.heal();
    await clock.advance(5_000);
    expect(await world.texts()).toEqual(inside);
    expect(world.told()).toEqual(told);
    expect((await said('three')).seq).toBe(inside.length + 1);
    const { recorded, real } = await world.account();
    expect(recorded).toEqual(real);
  },
);

test('a message is activity; on a paused session it is a beat', async () => {
  const { clock, session, said } = await begun();
  await clock.advance(10_000);
  expect(session.state).toBe('idle');
  await said('Hello');
  expect(session.state).toBe('active');
  await session.pause();
  const { lastActivityAt } = session.info();
  await clock.advance(1_000);
  await said('more');
  expect([session.state, session.info().lastActivityAt]).toEqual(['paused', lastActivityAt]);
});

test('a session that is being initialized can be given messages', async () => {
  const heard: Message[] = [];
  const { runtime } = quietRuntime({
    initialize: async (session) => {
      heard.push(await session.append({ role: 'system', content: 'You are a pirate.' }));
    },
  });
  const session = await runtime.create();
  expect((await session.messages()).messages).toEqual(heard);
});

test('once its end has begun a session takes no message; those on their way get in', async () => {
  const { session, said, runtime, told, texts } = await begun();
  const onItsWay = [said('one'), said('two')];
  const end = session.terminate();
  expect(await rejectionOf(said('three'))).toBeInstanceOf(SessionTerminatedError);
  expect((await Promise.all(onItsWay)).map(({ seq }) => seq)).toEqual([1, 2]);
  await end;
  expect(told().slice(0, 2)).toEqual(['appended', 'appended']);
  expect(told().at(-1)).toBe('ended:client');
  expect(await rejectionOf(said('four'))).toBeInstanceOf(SessionTerminatedError);
  const tombstone = await runtime.get(session.id);
  const late = tombstone.append({ role: 'user', content: 'x' });
  expect(await rejectionOf(late)).toBeInstanceOf(SessionTerminatedError);
  expect(await texts()).toEqual(['one', 'two']);
});

test('a listener that hears of a message can answer it', async () => {
  const { session, said, texts, numbers } = await begun();
  const answers: Promise<unknown>[] = [];
  session.subscribe((event: SessionLifecycleEvent) => {
    if (event.type !== 'session.appended' || event.journalSeq !== 1) return;
    answers.push(session.append({ role: 'assistant', content: 'Hello yourself' }));
  });
  await Promise.all([said('Hello'), said('Still there?')]);
  await Promise.all(answers);
  expect(await texts()).toEqual(['Hello', 'Still there?', 'Hello yourself']);
  expect(numbers()).toEqual([1, 2, 3]);
});
