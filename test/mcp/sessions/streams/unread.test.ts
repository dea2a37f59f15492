import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import type { MessageStream } from '../../../../src/mcp/sessions/streams/message-stream.ts';
import { eventsOf, listen, turn } from './listening.ts';
import { answer, note, streamOf } from './message-stream-under-test.ts';

const sendWhileRoom = (stream: MessageStream, size: number): number => {
  const text = 'x'.repeat(size);
  let sent = 0;
  while (stream.hasRoom && stream.send({ ...note(sent), text }, 'notification') === true) sent += 1;
  return sent;
};

test.each([
  ['many', 10, LIMITS.unreadEvents],
  ['long', LIMITS.streamBytes / 4, 5],
])(
  'a client that does not read %s messages is sent no notifications after a moment, but every answer',
  async (_, size, enough) => {
    for (const way of ['unread', 'away', 'not out yet'] as const) {
      const { stream, clock, full } = streamOf();
      const response = stream.response();
      const reader = way === 'unread' ? response.body?.getReader() : undefined;
      const first = reader?.read();
      await turn();
      await first;
      if (way === 'away') await response.body?.cancel();
      const sent = sendWhileRoom(stream, size);
      const most = way === 'unread' ? enough : Math.min(enough, LIMITS.streamEvents);
      expect(sent, way).toBeLessThanOrEqual(most);
      expect(sent, way).toBeGreaterThan(most / 2);
      const waiting = stream.send(note(0), 'notification');
      await clock.advance(LIMITS.unreadPatienceMs + 2 * LIMITS.streamTickMs);
      expect(await waiting, way).toBe(false);
      // From now on nobody waits for it.
      expect(stream.send(note(0), 'notification'), way).toBe(false);
      expect(stream.send(answer(1), 'answer'), way).toBe(true);
      expect(stream.send(answer(2), 'request'), way).toBe(true);
      expect(full.size).toBe(0);
      if (reader === undefined) continue;
      // It reads on: there is room again, and it is waited for again.
      for (let n = 0; n < 4; n += 1) await reader.read();
      expect(stream.hasRoom).toBe(true);
      expect(stream.send(note(0), 'notification')).toBe(true);
      sendWhileRoom(stream, size);
      expect(stream.send(note(0), 'notification')).toBeInstanceOf(Promise);
      void reader.cancel();
    }
  },
);

/** A response that is read once, and a stream that is full for it. */
const filled = async () => {
  const under = streamOf();
  const reader = under.stream.response().body?.getReader();
  const first = reader?.read();
  await turn();
  await first;
  const sent = sendWhileRoom(under.stream, 10);
  const rest = async (): Promise<unknown[]> => {
    let text = '';
    for (;;) {
      const one = await reader?.read();
      if (one?.done !== false) return eventsOf(text).map(({ message }) => message);
      text += new TextDecoder().decode(one.value);
    }
  };
  return { ...under, reader, sent, rest };
};

test('what comes while a client has too much to read waits for it, in order, the answer and the end as well', async () => {
  const { stream, sent, rest, full } = await filled();
  const waiting = [
    stream.send(note(-1), 'notification'),
    stream.send(note(-2), 'notification'),
    stream.send(answer(1), 'answer'),
  ];
  stream.end();
  expect(stream.ended).toBe(false);
  expect(stream.send(note(-3), 'notification')).toBe(false);
  const messages = await rest();
  expect(messages).toHaveLength(sent + 3);
  expect(messages.slice(sent)).toEqual([note(-1), note(-2), answer(1)]);
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
  expect({ ended: stream.ended, full: full.size }).toEqual({ ended: true, full: 0 });
});

test('a client that leaves while something waits for it has it when it comes again, as far as it may be kept', async () => {
  for (const how of ['leaves', 'cut', 'replaced', 'settled'] as const) {
    const { stream, sent, reader, full } = await filled();
    const waiting = stream.send(note(-1), 'notification');
    const answered = stream.send(answer(1), 'answer');
    stream.end();
    if (how === 'leaves') await reader?.cancel();
    if (how === 'cut') stream.cut();
    if (how === 'settled') stream.settle();
    const again = listen(stream.response(stream.ring?.mark().replace(/_\d+$/, `_${sent}`) ?? ''));
    await turn();
    expect(again.messages(), how).toEqual(how === 'settled' ? [answer(1)] : [note(-1), answer(1)]);
    expect(await Promise.all([waiting, answered]), how).toEqual([how !== 'settled', true]);
    expect({ ended: again.ended(), full: full.size }, how).toEqual({ ended: true, full: 0 });
  }
});

test('where the process stood still, its client is looked at again before it is given up', async () => {
  const { stream, clock, reader } = await filled();
  const waiting = stream.send(note(-1), 'notification');
  // It is late: the timer comes before any I/O does.
  await clock.advance(LIMITS.unreadPatienceMs / 2 + LIMITS.streamTickMs);
  for (let n = 0; n < LIMITS.unreadEvents; n += 1) await reader?.read();
  await clock.advance(LIMITS.unreadPatienceMs);
  expect(await waiting).toBe(true);
});

test('of a server that does not await what it sends, only so much waits', async () => {
  const { stream, clock } = await filled();
  const text = 'x'.repeat(LIMITS.streamBytes);
  let waiting = 0;
  while (stream.send({ ...note(1), text }, 'notification') !== false) waiting += 1;
  expect(waiting).toBe(LIMITS.waitingBytes / LIMITS.streamBytes);
  await clock.advance(LIMITS.unreadPatienceMs + 2 * LIMITS.streamTickMs);
  expect(stream.ring?.bytes).toBeLessThan(LIMITS.streamBytes);
});

test('one that takes something within the time it has is not given up, however slow it is', async () => {
  const { stream, clock, reader } = await filled();
  for (let time = 0; time < 5; time += 1) {
    const waiting = stream.send(note(-time), 'notification');
    expect(waiting).toBeInstanceOf(Promise);
    await reader?.read();
    await clock.advance(LIMITS.unreadPatienceMs + 2 * LIMITS.streamTickMs);
    expect(await waiting).toBe(true);
  }
});

test('who came again and left again has as much room as before', async () => {
  const { stream } = streamOf();
  for (let time = 0; time < 3; time += 1) {
    const client = listen(stream.response(stream.ring?.mark() ?? null));
    await turn();
    await client.leave();
    expect(sendWhileRoom(stream, 10)).toBe(LIMITS.streamEvents);
  }
});

test('a client that reads slowly, but does, has room: it is what is unread that counts', async () => {
  const { stream } = streamOf();
  const reader = stream.response().body?.getReader();
  const first = reader?.read();
  await turn();
  await first;
  for (let n = 0; n < 50; n += 1) stream.send(note(n), 'notification');
  for (let n = 0; n < 2 * LIMITS.unreadEvents; n += 1) {
    expect(stream.send(note(n), 'notification')).toBe(true);
    await reader?.read();
  }
  void reader?.cancel();
});
