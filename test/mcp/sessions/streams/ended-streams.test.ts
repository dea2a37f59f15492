import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { EndedStreams } from '../../../../src/mcp/sessions/streams/ended-streams.ts';
import { keepAlives } from '../../../../src/mcp/sessions/streams/keep-alive.ts';
import { patience } from '../../../../src/mcp/sessions/streams/outbox.ts';
import { SessionStreams } from '../../../../src/mcp/sessions/streams/session-streams.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';

const MIB = 1024 * 1024;

/** The sessions of one endpoint. */
const endpoint = () => {
  const clock = createVirtualClock();
  const tick = new Tick(clock);
  const allEnded = new EndedStreams(tick);
  const options = { keepAlives: keepAlives(tick), full: patience(tick), allEnded };
  const session = (n: number) => new SessionStreams({ ...options, sessionId: `ses${n}` });
  return { clock, allEnded, session };
};

/** A POST that is answered with so many bytes, and the id its client would resume from. */
const answered = (of: SessionStreams, bytes: number): string => {
  const stream = of.post();
  const start = stream.ring?.mark() ?? '';
  stream.send({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(bytes) } }, 'answer');
  stream.end();
  return start;
};

const statusOf = (of: SessionStreams, id: string): number | undefined => {
  const response = of.resume(id);
  return response === 'standing' ? undefined : response.status;
};

test('the streams of all sessions that have ended are bounded together: the oldest makes way', () => {
  const { allEnded, session } = endpoint();
  const ended = Array.from({ length: 100 }, (_, n) => {
    const of = session(n);
    return { of, id: answered(of, 0.9 * MIB) };
  });
  expect(allEnded.bytes).toBeLessThanOrEqual(LIMITS.endedStreamsBytes);
  const held = ended.map(({ of, id }) => statusOf(of, id) === 200);
  const count = held.filter(Boolean).length;
  expect(count).toBe(Math.floor(LIMITS.endedStreamsBytes / (0.9 * MIB)));
  expect(held.lastIndexOf(false)).toBe(100 - count - 1);
});

test('one that has not ended makes way for nobody', () => {
  const { session } = endpoint();
  const of = session(0);
  const running = of.post();
  const start = running.ring?.mark() ?? '';
  for (let n = 1; n <= 100; n += 1) answered(session(n), 0.9 * MIB);
  expect(statusOf(of, start)).toBe(200);
});

test('many with short answers are bounded as well', () => {
  const { allEnded, session } = endpoint();
  for (let n = 0; n < 2_000; n += 1) {
    const of = session(n);
    for (let post = 0; post < LIMITS.resumableStreams; post += 1) answered(of, 1);
  }
  expect(allEnded.bytes).toBeLessThanOrEqual(LIMITS.endedStreamsBytes);
  expect(allEnded.bytes).toBeGreaterThan(LIMITS.endedStreamsBytes / 2);
});

test('a stream can be resumed for some minutes after its end, and then it costs nothing', async () => {
  const { clock, allEnded, session } = endpoint();
  const of = session(0);
  const first = answered(of, 1_000);
  await clock.advance(LIMITS.endedStreamMs / 2);
  const second = answered(of, 1_000);
  expect(statusOf(of, first)).toBe(200);
  await clock.advance(LIMITS.endedStreamMs / 2 + 1_000);
  expect([first, second].map((id) => statusOf(of, id))).toEqual([204, 200]);
  await clock.advance(LIMITS.endedStreamMs);
  expect(statusOf(of, second)).toBe(204);
  expect(of.keep()).toBeNull();
  expect({ bytes: allEnded.bytes, pending: clock.pending }).toEqual({ bytes: 0, pending: 0 });
});

test('what its session has forgotten counts no more', () => {
  const { allEnded, session } = endpoint();
  const of = session(0);
  for (let n = 0; n < 3 * LIMITS.resumableStreams; n += 1) answered(of, 100);
  const { bytes } = allEnded;
  answered(of, 100);
  expect(allEnded.bytes).toBe(bytes);
  of.end();
  expect(allEnded.bytes).toBe(0);
});
