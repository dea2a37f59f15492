import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { type Listening, listen, turn } from './listening.ts';

import { answer, note, streamOf } from './message-stream-under-test.ts';

test('messages go out as events with ids, after an event to resume from where that is wanted', async () => {
  const { stream } = streamOf({ priming: true, retryMs: 500 });
  const response = stream.response();
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('mcp-session-id')).toBe('ses');
  const client = listen(response);
  await turn();
  expect(client.events()).toMatchObject([{ message: null, retryMs: 500 }]);
  stream.send(note(1), 'notification');
  stream.send(answer(2), 'answer');
  stream.end();
  await turn();
  expect(client.messages()).toEqual([note(1), answer(2)]);
  expect(client.ended()).toBe(true);
  const ids = client.events().map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(ids).not.toContain(null);
});

test('the headers go out at once, also without an event to begin with', async () => {
  const { stream } = streamOf();
  const client = listen(stream.response());
  await turn();
  expect(client.text()).toMatch(/^:/);
  expect(client.events()).toEqual([]);
});

test('what is sent before the response is read is read, in order, and then what comes', async () => {
  const { stream } = streamOf({ ring: null });
  const response = stream.response();
  stream.send(answer(1), 'answer');
  const client = listen(response);
  stream.send(answer(2), 'answer');
  await turn();
  stream.send(answer(3), 'answer');
  stream.end();
  await turn();
  expect(client.messages()).toEqual([answer(1), answer(2), answer(3)]);
  expect(client.events().every(({ id }) => id === null)).toBe(true);
});

test('a client that leaves ends nothing: it comes again and is given the rest', async () => {
  const { stream } = streamOf({ priming: true });
  const first = listen(stream.response());
  stream.send(answer(1), 'answer');
  await turn();
  await first.leave();
  stream.send(answer(2), 'answer');
  const second = listen(stream.response(first.lastId()));
  stream.send(answer(3), 'answer');
  stream.end();
  await turn();
  expect(second.messages()).toEqual([answer(2), answer(3)]);
  // Once more, after its end: another device on the way lost it.
  const third = listen(stream.response(first.lastId()));
  await turn();
  expect(third.messages()).toEqual([answer(2), answer(3)]);
  expect(third.ended()).toBe(true);
});

test('whether there is anything for who comes again', () => {
  const { stream } = streamOf();
  const start = stream.ring?.mark() ?? '';
  expect(stream.hasMore(start)).toBe(true);
  stream.send(answer(1), 'answer');
  stream.end();
  expect(stream.hasMore(start)).toBe(true);
  expect(stream.hasMore(stream.ring?.mark() ?? '')).toBe(false);
  expect(stream.hasMore('rubbish')).toBe(false);
});

test('a client that comes again before anything came is told its id again', async () => {
  const { stream } = streamOf({ priming: true });
  const first = listen(stream.response());
  await turn();
  const second = listen(stream.response(first.lastId()));
  await turn();
  expect(first.ended()).toBe(true);
  expect(second.lastId()).toBe(first.lastId());
  // The SDKs forget the id they came with: with this one it comes a third time.
  stream.send(answer(1), 'answer');
  const third = listen(stream.response(second.lastId()));
  await turn();
  expect(third.messages()).toEqual([answer(1)]);
});

test('cut: the connection ends, the stream goes on, and its client is told when to come', async () => {
  const { stream } = streamOf({ priming: true });
  const first = listen(stream.response());
  await turn();
  stream.cut(250);
  await turn();
  expect(first.ended()).toBe(true);
  expect(first.events().at(-1)).toMatchObject({ retryMs: 250 });
  stream.send(answer(1), 'answer');
  stream.end();
  const second = listen(stream.response(first.lastId()));
  await turn();
  expect(second.messages()).toEqual([answer(1)]);
});

test('one that cannot be resumed is not cut', async () => {
  const { stream } = streamOf({ ring: null });
  const client = listen(stream.response());
  stream.cut(1);
  stream.send(answer(1), 'answer');
  stream.end();
  await turn();
  expect(client.messages()).toEqual([answer(1)]);
});

test('after the end nothing is sent, and without a ring nothing where nobody listens', async () => {
  const { stream } = streamOf({ ring: null });
  const client = listen(stream.response());
  await turn();
  await client.leave();
  expect(stream.send(answer(1), 'answer')).toBe(false);
  const other = streamOf().stream;
  expect(other.send(answer(1), 'answer')).toBe(true);
  other.end();
  expect(other.send(answer(2), 'answer')).toBe(false);
});

test('an open stream that is silent is kept, one that is over leaves nothing behind', async () => {
  const { stream, clock, line } = streamOf();
  const client = listen(stream.response());
  await turn();
  await clock.advance(LIMITS.keepAliveMs + 1_000);
  expect(client.text().match(/keep-alive/g)).toHaveLength(1);
  stream.end();
  expect(line.size).toBe(0);
  await clock.advance(LIMITS.keepAliveMs);
  expect(clock.pending).toBe(0);
  const left = listen(streamOf().stream.response());
  await turn();
  await left.leave();
});

/** What happens to a stream and to its client. */
type Step = 'send' | 'turn' | 'leave' | 'drop' | 'late' | 'resume' | 'cut' | 'unread';
const STEPS: readonly Step[] = [
  'send',
  'send',
  'send',
  'turn',
  'leave',
  'drop',
  'late',
  'resume',
  'cut',
  'unread',
];

test('however a client leaves and comes again: it has every message once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...STEPS), { maxLength: 60 }),
      fc.boolean(),
      async (steps, priming) => {
        const { stream, line } = streamOf({ priming });
        const start = stream.ring?.mark() ?? '';
        let last = start;
        let sent = 0;
        const had: unknown[] = [];
        let client: Listening | null = listen(stream.response());
        const dropped: Listening[] = [];
        /** It notes what it has read, and reads there no more. */
        const note = (): Listening | null => {
          const before = client;
          if (before !== null) {
            had.push(...before.messages());
            last = before.lastId() ?? last;
          }
          client = null;
          return before;
        };
        for (const step of steps) {
          if (step === 'send') {
            sent += 1;
            stream.send(answer(sent), 'answer');
          }
          if (step === 'turn') await turn();
          if (step === 'leave') await note()?.leave();
          // Its connection is gone, and nobody has told the server yet.
          if (step === 'drop') dropped.push(...[note()].filter((one) => one !== null));
          if (step === 'late') await dropped.pop()?.leave();
          if (step === 'cut') stream.cut(1);
          // A response that nobody reads: its connection broke as it went out.
          if (step === 'unread') {
            note();
            stream.response(last);
          }
          if (step !== 'resume') continue;
          note();
          client = listen(stream.response(last));
        }
        note();
        client = listen(stream.response(last));
        stream.end();
        await turn();
        note();
        for (const one of dropped) await one.leave();
        expect(had).toEqual(Array.from({ length: sent }, (_, n) => answer(n + 1)));
        expect(line.size).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
