import { expect, test } from 'vitest';
import { call } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';
import { hold, LIST_CHANGED, progressIn, Racing, REVISION } from './racing.ts';

// Streams that are opened while something else goes on with their session.

const mark = (id: number) => call(id, 'mark', { text: 'x' });

// The record takes a sync, and giving it up another.
test.each([0, 1, 10, 19, 20, 21, 30, 39, 40, 41, 60])(
  'a stream that is opened %i ms after its session began to be put away stays open, wakes nothing, and is heard on after a wake',
  async (inMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.open();
    await racing.untilHibernating(1);
    await under.bench.advance(inMs);
    const stream = await racing.listen(id);
    // Before the record is written it puts that off, once.
    await racing.rest(id);
    expect((await under.runtime.get(id)).info().presences).toBe(1);
    expect(under.runtime.stats()).toMatchObject({ hibernated: 1, woken: 0 });
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 1 });
    await racing.during(under.post(mark(1), id));
    await racing.say();
    expect(stream).toMatchObject({ ended: false, messages: [LIST_CHANGED] });
    expect(racing.closed).toEqual([0]);
  },
);

// The claim of a wake takes a sync, and its record another; then its server is made.
test.each([0, 1, 10, 19, 20, 21, 39, 40, 41, 60])(
  'a stream that is opened %i ms after its session began to be woken has one server, and hears it',
  async (inMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.openStored();
    // By its application, so that nobody but the stream needs a server.
    const woken = (await under.runtime.get(id)).touch();
    await under.bench.advance(inMs);
    const stream = await racing.listen(id);
    await racing.during(woken);
    expect(under.made.map(({ restored }) => restored)).toEqual([false, true]);
    expect(under.endpoint).toMatchObject({ connections: 1, streams: 1 });
    await racing.say();
    expect(stream).toMatchObject({ ended: false, messages: [LIST_CHANGED] });
    expect((await under.runtime.get(id)).info().presences).toBe(1);
    expect(under.errors).toEqual([]);
  },
);

test.each([0, 10, 20, 30, 40])(
  'a stream and a call %i ms after each other on a stored session: one wake, one server, and both get what is theirs',
  async (apartMs) => {
    for (const isStreamFirst of [true, false]) {
      const racing = new Racing();
      const { under } = racing;
      const id = await racing.openStored();
      const ask = () => under.post(mark(1), id);
      let stream: Reading;
      let answer: Response;
      if (isStreamFirst) {
        stream = await racing.listen(id);
        await under.bench.advance(apartMs);
        answer = await racing.during(ask());
      } else {
        const asked = ask();
        await under.bench.advance(apartMs);
        stream = await racing.listen(id);
        answer = await racing.during(asked);
      }
      expect(answer.status).toBe(200);
      expect(under.made).toHaveLength(2);
      expect(under.runtime.stats().woken).toBe(1);
      await racing.say();
      expect(stream.messages).toEqual([LIST_CHANGED]);
    }
  },
);

test('a second stream takes the place of the first in every state of its session, and each message comes once', async () => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.open();
  const session = await under.runtime.get(id);
  const streams = [await racing.listen(id), await racing.listen(id)];
  await racing.say();
  await racing.rest(id);
  streams.push(await racing.listen(id), await racing.listen(id));
  await racing.during(under.post(mark(1), id));
  await racing.say();
  streams.push(await racing.listen(id));
  await racing.say();
  expect(streams.map(({ ended }) => ended)).toEqual([true, true, true, true, false]);
  expect(streams.map(({ messages }) => messages.length)).toEqual([0, 1, 0, 1, 1]);
  expect(session.info().presences).toBe(1);
  expect(under.endpoint.streams).toBe(1);
});

test('two streams at once: one of them is open, and it is the one that is heard on', async () => {
  const racing = new Racing();
  const { under } = racing;
  for (const prepare of [() => racing.open(), () => racing.openStored()]) {
    const id = await prepare();
    const responses = await racing.during(Promise.all([racing.get(id), racing.get(id)]));
    const streams = responses.map((response) => new Reading(response));
    await under.bench.settle();
    expect(streams.map(({ ended }) => ended)).toEqual([true, false]);
    expect((await under.runtime.get(id)).info().presences).toBe(1);
    await racing.during(under.post(mark(1), id));
    await racing.say();
    expect(streams.map(({ messages }) => messages.length)).toEqual([0, 1]);
  }
});

/** A call that runs, has said that it is 1 and 2 on its way, and was read up to there. */
const running = async () => {
  const racing = new Racing();
  const { under, held } = racing;
  const id = await racing.open();
  const asked = under.post(hold(1), id, REVISION);
  await under.bench.settle();
  const [call] = held;
  if (call === undefined) throw new Error('It does not run.');
  await call.progress(1);
  const first = new Reading(await asked);
  await call.progress(2);
  await under.bench.settle();
  const [, one = '', two = ''] = first.eventIds;
  expect(progressIn(first)).toEqual([1, 2]);
  return { racing, under, id, call, first, one, two };
};

test('a client that left its call comes again while that is still sending: each message once, in order, and then the answer', async () => {
  const { racing, under, id, call, first, two } = await running();
  await first.leave();
  await call.progress(3);
  const again = await racing.listen(id, two);
  await call.progress(4);
  call.answer('done');
  await under.bench.settle();
  expect(progressIn(again)).toEqual([3, 4]);
  expect(again.messages.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
  expect(again.ended).toBe(true);
  expect(racing.called).toEqual(['hold']);
});

test('a client that comes again while its first connection is still there has that one ended, and no message twice on either', async () => {
  const { racing, under, id, call, first, one } = await running();
  const again = await racing.listen(id, one);
  expect(first.ended).toBe(true);
  await call.progress(3);
  call.answer('done');
  await under.bench.settle();
  expect(progressIn(first)).toEqual([1, 2]);
  expect(progressIn(again)).toEqual([2, 3]);
  expect(again.messages).toHaveLength(3);
  // The standing stream of the session is another one.
  expect(under.endpoint.streams).toBe(0);
});

test('a stream, a resumption and a call that go on at once get what is theirs', async () => {
  const { racing, under, id, call, first, two } = await running();
  const standing = await racing.listen(id);
  await first.leave();
  await call.progress(3);
  const [again, other] = await racing.during(
    Promise.all([racing.get(id, two), under.post(hold(2), id, REVISION)]),
    1_500,
  );
  const resumed = new Reading(again);
  const second = new Reading(other);
  await racing.say();
  await racing.held[1]?.progress(100);
  call.answer('done');
  racing.held[1]?.answer('done as well');
  await under.bench.settle();
  expect(progressIn(resumed)).toEqual([3]);
  expect(progressIn(second)).toEqual([100]);
  expect(resumed.messages.map(({ id: of }) => of)).toEqual([undefined, 1]);
  expect(second.messages.map(({ id: of }) => of)).toEqual([undefined, 2]);
  expect(standing.messages).toEqual([LIST_CHANGED]);
});

test('a client that comes again after the answer, while its session is put away, or after that, has the rest', async () => {
  for (const inMs of [0, 10, 20, 30, 40, 500]) {
    const { racing, under, id, call, first, two } = await running();
    await first.leave();
    await call.progress(3);
    call.answer('done');
    await racing.untilHibernating(1);
    await under.bench.advance(inMs);
    const again = await racing.listen(id, two);
    await under.bench.settle();
    expect(progressIn(again)).toEqual([3]);
    expect(again.messages.at(-1)).toMatchObject({ id: 1, result: {} });
    expect(again.ended).toBe(true);
    expect(under.runtime.stats().woken).toBe(0);
    await under.bench.advance(1_000);
  }
});

/** A stream that breaks before its first message, and is resumed from what its client was told as it opened. */
const broken = async (where: string): Promise<Reading> => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.open();
  let woken: Promise<unknown> = Promise.resolve();
  if (where === 'being put away') {
    await racing.untilHibernating(1);
    await under.bench.advance(10);
  }
  if (where === 'stored' || where === 'being woken') await racing.rest(id);
  if (where === 'being woken') {
    woken = (await under.runtime.get(id)).touch();
    await under.bench.advance(10);
  }
  const stream = await racing.listen(id);
  const [told = ''] = stream.eventIds;
  await racing.during(woken, 2_000);
  await racing.during(under.post(mark(1), id));
  await stream.leave();
  await racing.say();
  return racing.listen(id, told);
};

test.each(['resident', 'being put away', 'stored', 'being woken'])(
  'a stream that was opened while its session was %s, and broke before its first message: what was said meanwhile is not lost',
  async (where) => {
    expect((await broken(where)).messages).toEqual([LIST_CHANGED]);
  },
);
