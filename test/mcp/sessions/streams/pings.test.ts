import { expect, test } from 'vitest';
import { createRuntime } from '../../../../src/index.ts';
import { LIMITS } from '../../../../src/limits.ts';
import { OpenStreams } from '../../../../src/mcp/sessions/streams/open-streams.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';
import { listen, turn } from './listening.ts';

import { json, opened, pingsOf, sessionOf, WINDOW_MS } from './open-streams-under-test.ts';

test('each is pinged once a window; its answer is a beat, once, and of its own session only', async () => {
  const { streams, clock } = opened();
  const session = sessionOf('a');
  const other = sessionOf('b');
  const client = listen(streams.open(session));
  const theirs = listen(streams.open(other));
  await turn();
  await clock.advance(WINDOW_MS);
  const [ping] = pingsOf(client);
  expect(pingsOf(client)).toHaveLength(1);
  expect(pingsOf(theirs)).toHaveLength(1);
  expect(streams.pong(other, ping)).toBe(false);
  expect(streams.pong(sessionOf('c'), ping)).toBe(false);
  expect(streams.pong(session, 1)).toBe(false);
  expect(streams.pong(session, ping)).toBe(true);
  expect(streams.pong(session, ping)).toBe(false);
  expect({ a: session.beats, b: other.beats }).toEqual({ a: 1, b: 0 });
  await clock.advance(3 * WINDOW_MS);
  expect(new Set(pingsOf(client)).size).toBe(4);
});

test('the ids of its pings tell a client nothing of other streams', async () => {
  const { streams, clock } = opened();
  const client = listen(streams.open(sessionOf()));
  for (let n = 0; n < 5; n += 1) listen(streams.open(sessionOf(`other-${n}`)));
  await turn();
  await clock.advance(4 * WINDOW_MS);
  const numbers = pingsOf(client).map((id) => Number(String(id).replace(/^\D+/, '')));
  expect(numbers).toHaveLength(4);
  // Its own are counted, from a number that is not the endpoint's.
  expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2, 3]);
  expect(numbers[0]).toBeGreaterThan(100);
});

test('a ping that is not answered does nothing; only the newest can be', async () => {
  const { streams, clock } = opened();
  const session = sessionOf();
  const client = listen(streams.open(session));
  await turn();
  await clock.advance(5 * WINDOW_MS);
  const pings = pingsOf(client);
  expect(pings).toHaveLength(5);
  expect(client.ended()).toBe(false);
  expect(session.beats).toBe(0);
  expect(streams.pong(session, pings[3])).toBe(false);
  expect(streams.pong(session, pings[4])).toBe(true);
});

test.each([1_000, 15_000, 20_000, 90_000, 100_000, 8 * 3_600_000])(
  'with a window of %i ms no stream is silent for longer than the keep-alive, and none is pinged twice in one',
  async (windowMs) => {
    const { streams, clock } = opened(windowMs);
    const client = listen(streams.open(sessionOf()));
    await turn();
    let silentSince = clock.mono();
    let length = client.text().length;
    let longest = 0;
    for (let n = 0; n < 400; n += 1) {
      await clock.advance(1_000);
      if (client.text().length !== length) {
        silentSince = clock.mono();
        length = client.text().length;
      }
      longest = Math.max(longest, clock.mono() - silentSince);
    }
    expect(longest).toBeLessThanOrEqual(LIMITS.keepAliveMs + 1_000);
    const pings = pingsOf(client).length;
    expect(pings).toBeLessThanOrEqual(400_000 / windowMs);
    expect(pings).toBeGreaterThanOrEqual(
      Math.floor(400_000 / windowMs) - (windowMs < 2_000 ? 40 : 1),
    );
  },
);

test('one that has something to say is not kept by comments', async () => {
  const { streams, clock } = opened();
  const client = listen(streams.open(sessionOf()));
  await turn();
  for (let n = 1; n < 30; n += 1) {
    await clock.advance(10_000);
    streams.write('ses', `s1_${n}`, json(n));
  }
  await turn();
  expect(client.text()).not.toContain('keep-alive');
});

test('many that come at once are pinged by turns, each in every window', async () => {
  const { streams, clock } = opened();
  const clients = Array.from({ length: 60 }, (_, n) => listen(streams.open(sessionOf(`ses${n}`))));
  await turn();
  const perLook: number[] = [];
  let before = 0;
  for (let n = 0; n < 6; n += 1) {
    await clock.advance(WINDOW_MS / 6);
    const now = clients.reduce((sum, client) => sum + pingsOf(client).length, 0);
    perLook.push(now - before);
    before = now;
  }
  expect(perLook).toEqual([10, 10, 10, 10, 10, 10]);
  expect(clients.every((client) => pingsOf(client).length === 1)).toBe(true);
});

test('a session of a real runtime: a presence that answers is proven, and outlives its idle timeout', async () => {
  const clock = createVirtualClock();
  const runtime = createRuntime({
    clock,
    deadlines: { idleTimeoutMs: 30_000, idleAfterMs: 5_000, heartbeatIntervalMs: 'off' },
  });
  const tick = new Tick(clock);
  const streams = new OpenStreams({ tick, pingWindowMs: 10_000 });
  const alive = await runtime.create({ beats: 'off' });
  const silent = await runtime.create({ beats: 'off' });
  const client = listen(streams.open(alive));
  listen(streams.open(silent));
  await turn();
  for (let n = 0; n < 10; n += 1) {
    await clock.advance(10_000);
    streams.pong(alive, pingsOf(client).at(-1));
  }
  expect(alive.info()).toMatchObject({ state: 'idle', presences: 1 });
  expect(silent.info()).toMatchObject({ reason: 'idle-timeout' });
  streams.close();
  expect(alive.info().presences).toBe(0);
  await runtime.close();
});
