import { expect, test } from 'vitest';
import { writerOf } from '../../../../src/http/written-response.ts';
import { LIMITS } from '../../../../src/limits.ts';
import { EventRing } from '../../../../src/mcp/sessions/streams/event-ring.ts';
import { OpenStreams } from '../../../../src/mcp/sessions/streams/open-streams.ts';
import { type DelayLine, Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';
import { listen, turn } from './listening.ts';

import { json, opened, sessionOf, WINDOW_MS } from './open-streams-under-test.ts';

test('the headers go out at once; the session has a presence until the client leaves', async () => {
  const { streams } = opened();
  const session = sessionOf();
  const response = streams.open(session);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const client = listen(response);
  await turn();
  expect(client.text()).toMatch(/^:/);
  expect({ presences: session.presences, size: streams.size, has: streams.has('ses') }).toEqual({
    presences: 1,
    size: 1,
    has: true,
  });
  await client.leave();
  expect({ presences: session.presences, size: streams.size, has: streams.has('ses') }).toEqual({
    presences: 0,
    size: 0,
    has: false,
  });
});

test('a message goes to the stream of its session, with the id to resume from; without one to nobody', async () => {
  const { streams } = opened();
  const a = listen(streams.open(sessionOf('a')));
  const b = listen(streams.open(sessionOf('b')));
  // Before the response is read, and after.
  expect(streams.write('a', 's1_1', json(1))).toBe(true);
  await turn();
  expect(streams.write('a', 's1_2', json(2))).toBe(true);
  expect(streams.write('c', 's1_3', json(3))).toBe(false);
  await turn();
  expect(a.events().map(({ id }) => id)).toEqual(['s1_1', 's1_2']);
  expect(a.messages()).toEqual([JSON.parse(json(1)), JSON.parse(json(2))]);
  expect(b.events()).toEqual([]);
});

test('a new GET replaces the one before, which is ended; a late word of that one changes nothing', async () => {
  const { streams } = opened();
  const session = sessionOf();
  const first = listen(streams.open(session));
  await turn();
  const second = listen(streams.open(session));
  await turn();
  expect({ first: first.ended(), second: second.ended() }).toEqual({ first: true, second: false });
  await first.leave();
  expect({ presences: session.presences, size: streams.size }).toEqual({ presences: 1, size: 1 });
  streams.write('ses', 's1_1', json(1));
  await turn();
  expect(second.messages()).toHaveLength(1);
});

test('one whose response never went out is replaced as well, and ends as it does', async () => {
  const { streams } = opened();
  const session = sessionOf();
  const first = streams.open(session);
  const second = listen(streams.open(session));
  const late = listen(first);
  await turn();
  expect({ first: late.ended(), second: second.ended() }).toEqual({ first: true, second: false });
});

test('what was missed comes first, once, and then what comes', async () => {
  const { streams } = opened();
  const ring = new EventRing('standing');
  const session = sessionOf();
  const send = (n: number): void => void streams.write('ses', ring.push(json(n)), json(n));
  const mark = ring.mark();
  const first = listen(streams.open(session, { mark }));
  await turn();
  expect(first.events()).toEqual([{ id: mark, retryMs: null, message: null }]);
  send(1);
  await turn();
  await first.leave();
  send(2);
  send(3);
  const second = listen(
    streams.open(session, { replay: ring.after(first.lastId() ?? ''), mark: ring.mark() }),
  );
  send(4);
  await turn();
  send(5);
  await turn();
  expect(second.messages()).toEqual([2, 3, 4, 5].map((n) => JSON.parse(json(n))));
});

test('a replay with a gap says so, to whoever looks', async () => {
  const { streams } = opened();
  const client = listen(streams.open(sessionOf(), { replay: { gap: true, events: [] } }));
  await turn();
  expect(client.text()).toMatch(/not kept/);
  expect(client.events()).toEqual([]);
});

test.each([
  ['many', 10, LIMITS.unreadEvents],
  ['long', LIMITS.streamBytes / 4, 5],
])('a client that does not read %s messages has its stream ended', async (_, size, enough) => {
  const { streams } = opened();
  const session = sessionOf();
  const response = streams.open(session);
  const reader = response.body?.getReader();
  await reader?.read();
  const text = JSON.stringify({ text: 'x'.repeat(size) });
  let sent = 0;
  while (streams.write('ses', `s1_${sent + 1}`, text)) sent += 1;
  expect(sent).toBeLessThanOrEqual(enough);
  expect(sent).toBeGreaterThan(enough / 2);
  expect({ presences: session.presences, size: streams.size }).toEqual({ presences: 0, size: 0 });
  // What was written is not taken back.
  for (let n = 0; n < sent; n += 1) expect((await reader?.read())?.done).toBe(false);
  expect((await reader?.read())?.done).toBe(true);
});

test('one that reads, however slowly, keeps it', async () => {
  const { streams } = opened();
  const reader = streams.open(sessionOf()).body?.getReader();
  await reader?.read();
  for (let n = 0; n < 50; n += 1) streams.write('ses', `s1_${n + 1}`, json(n));
  for (let n = 0; n < 2 * LIMITS.unreadEvents; n += 1) {
    expect(streams.write('ses', `s1_${n + 51}`, json(n))).toBe(true);
    await reader?.read();
  }
});

test('a response that nobody ever reads is no presence for long', async () => {
  const { streams, clock } = opened();
  const session = sessionOf();
  const response = streams.open(session);
  await clock.advance(LIMITS.keepAliveMs);
  expect({ presences: session.presences, size: streams.size }).toEqual({ presences: 0, size: 0 });
  const client = listen(response);
  await turn();
  expect(client.ended()).toBe(true);
});

test('it is ended for its session alone, and its client is told when to come again', async () => {
  const { streams } = opened();
  const session = sessionOf('a');
  const a = listen(streams.open(session));
  const b = listen(streams.open(sessionOf('b')));
  await turn();
  streams.closeOf('a', 250);
  streams.closeOf('a');
  streams.closeOf('unknown');
  await turn();
  expect({ a: a.ended(), b: b.ended(), presences: session.presences }).toEqual({
    a: true,
    b: false,
    presences: 0,
  });
  expect(a.events()).toEqual([{ id: null, retryMs: 250, message: null }]);
});

test('closed, all are ended, none is opened, and no timer is left', async () => {
  const { streams, clock, tick } = opened();
  const session = sessionOf();
  const clients = ['a', 'b'].map((id) => listen(streams.open(sessionOf(id))));
  await turn();
  streams.close();
  const late = listen(streams.open(session));
  await turn();
  expect([...clients, late].map((client) => client.ended())).toEqual([true, true, true]);
  expect({ presences: session.presences, size: streams.size }).toEqual({ presences: 0, size: 0 });
  tick.stop();
  expect(clock.pending).toBe(0);
});

test('a stream that is over is let go of at once', async () => {
  const clock = createVirtualClock();
  const lines: Pick<DelayLine<object>, 'size'>[] = [];
  class WatchedTick extends Tick {
    override line<T extends object>(delayMs: number, onDue: (item: T) => void): DelayLine<T> {
      const line = super.line(delayMs, onDue);
      lines.push(line);
      return line;
    }
  }
  const streams = new OpenStreams({ tick: new WatchedTick(clock), pingWindowMs: WINDOW_MS });
  const waiting = (): number => lines.reduce((sum, { size }) => sum + size, 0);
  for (let n = 0; n < 5; n += 1) listen(streams.open(sessionOf()));
  await turn();
  expect(waiting()).toBe(1);
  streams.closeOf('ses');
  expect(waiting()).toBe(0);
});

test('with none open nothing is scheduled', async () => {
  const { streams, clock } = opened();
  const client = listen(streams.open(sessionOf()));
  await turn();
  await client.leave();
  await clock.advance(LIMITS.keepAliveMs);
  expect(clock.pending).toBe(0);
});

test('an adapter that writes to a socket has each of its writes, and tells that the client left', () => {
  const { streams } = opened();
  const session = sessionOf();
  const writer = writerOf(streams.open(session));
  const texts: string[] = [];
  writer?.begin({
    write: (text) => texts.push(text),
    unreadBytes: 0,
    whenRead: () => undefined,
    end: () => undefined,
  });
  streams.write('ses', 's1_1', json(1));
  expect(texts.join('')).toContain('id: s1_1\n');
  writer?.gone();
  expect(session.presences).toBe(0);
});
