import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { keepAlives } from '../../../../src/mcp/sessions/streams/keep-alive.ts';
import type { MessageStream } from '../../../../src/mcp/sessions/streams/message-stream.ts';
import { patience } from '../../../../src/mcp/sessions/streams/outbox.ts';
import { SessionStreams } from '../../../../src/mcp/sessions/streams/session-streams.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';
import { listen, turn } from './listening.ts';

const options = () => {
  const tick = new Tick(createVirtualClock());
  return { sessionId: 'ses', keepAlives: keepAlives(tick), full: patience(tick) };
};
const streams = (): SessionStreams => new SessionStreams(options());
const again = (kept: unknown): SessionStreams =>
  SessionStreams.restored(JSON.parse(JSON.stringify(kept)), options());
const message = (n: number, text = '') => ({ jsonrpc: '2.0', id: n, result: { text } });

/** A POST that is answered, and the id its client would resume from. */
const answered = (of: SessionStreams, n: number, text = ''): string => {
  const stream = of.post();
  const start = startOf(stream);
  stream.send(message(n, text), 'answer');
  stream.end();
  return start;
};
const startOf = (stream: MessageStream): string => stream.ring?.mark() ?? '';

/** What a GET with this id is given; `null`: there is nothing, so that its client does not come again. */
const given = async (of: SessionStreams, id: string): Promise<unknown[] | 'standing' | null> => {
  const response = of.resume(id);
  if (response === 'standing') return response;
  if (response.status === 204) return null;
  const client = listen(response);
  await turn();
  expect(client.ended()).toBe(true);
  return client.messages();
};

test('an event of a POST is answered with the rest of its stream, and of no other', async () => {
  const of = streams();
  const first = answered(of, 1);
  const second = answered(of, 2);
  of.standing.push(JSON.stringify(message(3)));
  expect(await given(of, first)).toEqual([message(1)]);
  expect(await given(of, second)).toEqual([message(2)]);
  expect(await given(of, first)).toEqual([message(1)]);
});

test('one that is open still goes on in the new response', async () => {
  const of = streams();
  const stream = of.post();
  const start = startOf(stream);
  const before = listen(stream.response());
  stream.send(message(1), 'answer');
  await turn();
  const response = of.resume(start);
  if (response === 'standing') throw new Error('It is the stream of a POST.');
  const client = listen(response);
  stream.send(message(2), 'answer');
  await turn();
  expect(client.messages()).toEqual([message(1), message(2)]);
  expect({ before: before.ended(), now: client.ended() }).toEqual({ before: true, now: false });
});

test('a stream with nothing left, a forgotten one and one of another session are the same: nothing', async () => {
  const of = streams();
  const stream = of.post();
  stream.send(message(1), 'answer');
  stream.end();
  const other = streams();
  const theirs = answered(other, 2);
  const answers = await Promise.all(
    [startOf(stream), theirs, theirs.replace(/_0$/, '_7')].map(async (id) => {
      const response = of.resume(id);
      if (response === 'standing') return response;
      return [response.status, [...response.headers], await response.text()];
    }),
  );
  expect(answers).toEqual(answers.map(() => [204, [], '']));
});

test('an event of a standing stream, known or not, and what is no event id: the standing stream', async () => {
  const of = streams();
  const own = of.standing.push('{}');
  const theirs = streams().standing.push('{}');
  for (const id of [own, theirs, '', 'x', '1', 'p', '__proto__']) {
    expect(await given(of, id), id).toBe('standing');
  }
  expect(of.standing.after(theirs)).toBeNull();
});

test('the newest POSTs that have ended can be resumed, and every one that has not', async () => {
  const of = streams();
  const open = of.post();
  const start = startOf(open);
  const ids = Array.from({ length: LIMITS.resumableStreams + 2 }, (_, n) => answered(of, n));
  expect(await given(of, ids[0] ?? '')).toBeNull();
  expect(await given(of, ids[1] ?? '')).toBeNull();
  expect(await given(of, ids[2] ?? '')).toEqual([message(2)]);
  open.send(message(99), 'answer');
  open.end();
  expect(await given(of, start)).toEqual([message(99)]);
});

test('however many have been cut while their calls run: each client has its answer', async () => {
  const of = streams();
  // As many as run at once in a session.
  const opened = Array.from({ length: LIMITS.concurrentOperations }, () => of.post());
  const ids = opened.map((stream) => {
    listen(stream.response());
    stream.cut();
    return startOf(stream);
  });
  for (const id of ids) expect(of.resume(id)).toMatchObject({ status: 200 });
  for (const [n, stream] of opened.entries()) {
    stream.send(message(n), 'answer');
    stream.end();
  }
  for (const [n, id] of ids.entries()) expect(await given(of, id)).toEqual([message(n)]);
});

test('ended streams are held up to so many bytes', async () => {
  const of = streams();
  const text = 'x'.repeat(LIMITS.streamBytes * 0.9);
  const ids = [1, 2, 3, 4].map((n) => answered(of, n, text));
  const left = await Promise.all(ids.map((id) => given(of, id)));
  expect(left.map((one) => one !== null)).toEqual([false, false, true, true]);
});

test('what waits for a client that has too much to read is kept as well', async () => {
  const of = streams();
  const stream = of.post();
  const client = stream.response();
  const text = 'x'.repeat(100);
  while (stream.hasRoom) stream.send(message(1, text), 'notification');
  void stream.send(message(2, text), 'notification');
  const last = startOf(stream);
  void stream.send(message(3), 'answer');
  stream.end();
  expect(await given(again(of.keep()), last)).toEqual([message(3)]);
  of.end();
  expect(await client.text()).toContain('"id":3');
});

test('what is kept is replayed by whoever comes after; nothing is kept where there is nothing', async () => {
  expect(streams().keep()).toBeNull();
  const of = streams();
  const start = of.standing.mark();
  const post = answered(of, 1);
  const open = of.post();
  const unanswered = startOf(open);
  open.send({ jsonrpc: '2.0', method: 'notifications/message' }, 'notification');
  of.standing.push(JSON.stringify(message(2)));
  const one = again(of.keep());
  expect(await given(one, post)).toEqual([message(1)]);
  // Whoever answered is gone: what there is is replayed, and its client is not left waiting.
  expect(await given(one, unanswered)).toHaveLength(1);
  expect(one.standing.after(start)?.events).toMatchObject([{ json: JSON.stringify(message(2)) }]);
  expect(await given(again(one.keep()), post)).toEqual([message(1)]);
});

test('a session whose client was told where to resume from is known by it later', () => {
  const of = streams();
  const mark = of.standing.mark();
  const one = again(of.keep());
  const id = one.standing.push('{}');
  expect(one.standing.after(mark)?.events).toEqual([{ id, json: '{}' }]);
});

test('what is kept is JSON of a bounded size: the newest, and something of everything', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(fc.nat(9_000), fc.nat(40_000)), fc.boolean()), { maxLength: 30 }),
      (sends) => {
        const of = streams();
        let newest: string | null = null;
        for (const [size, isPost] of sends) {
          const text = '"'.repeat(size);
          if (isPost) newest = answered(of, 1, text);
          else of.standing.push(JSON.stringify(message(1, text)));
        }
        const kept = of.keep();
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(
          LIMITS.keptStreamsBytes,
        );
        const last = sends.findLast(([, isPost]) => isPost);
        if (newest === null || last === undefined || last[0] > 10_000) return;
        expect(again(kept).resume(newest)).toMatchObject({ status: 200 });
      },
    ),
    { numRuns: 40 },
  );
});

test('whatever a store gives, there are streams', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.record({ standing: fc.anything(), posts: fc.anything() }),
        fc.record({ posts: fc.array(fc.record({ before: fc.string(), events: fc.anything() })) }),
      ),
      (kept) => {
        const of = SessionStreams.restored(kept, options());
        expect(of.keep()).toBeNull();
        expect(of.standing.push('{}')).toMatch(/^s/);
      },
    ),
  );
});

test('at the end of the session its streams end', async () => {
  const of = streams();
  const client = listen(of.post().response());
  await turn();
  of.end();
  await turn();
  expect(client.ended()).toBe(true);
  expect(of.keep()).toBeNull();
});
