import { expect, test } from 'vitest';
import { durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { endpointUnderTest } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// The endpoint asks whoever listens whether they are there.

const pong = (id: string | undefined) => ({ jsonrpc: '2.0', id, result: {} });

test('a client that answers the pings on its stream is not ended; one that does not ages', async () => {
  const under = endpointUnderTest({ deadlines: { idleAfterMs: 1_000, idleTimeoutMs: 30_000 } });
  const [alive, silent] = [await under.open(), await under.open()];
  const get = async (id: string) =>
    new Reading(await under.send('GET', { accept: 'text/event-stream', 'mcp-session-id': id }));
  const [heard, unheard] = [await get(alive), await get(silent)];
  let answered = 0;
  for (let s = 0; s < 120; s += 1) {
    await under.clock.advance(1_000);
    if (heard.pings.length === answered) continue;
    answered = heard.pings.length;
    expect((await under.post(pong(heard.pings.at(-1)), alive)).status).toBe(202);
  }
  expect(answered).toBeGreaterThan(8);
  expect((await under.runtime.get(alive)).state).toBe('idle');
  expect(heard.ended).toBe(false);
  expect(unheard.pings.length).toBeGreaterThan(0);
  expect(unheard.ended).toBe(true);
  expect(under.events.filter(({ type }) => type === 'session.ended')).toMatchObject([
    { id: silent, reason: 'idle-timeout' },
  ]);
  await heard.leave();
});

test('the answer to a ping of a stored session proves that its client is there, and wakes nothing', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const stream = new Reading(await under.get(id));
  await under.bench.advance(90_000 + STORED_MS);
  const { beats } = under.runtime.stats();
  const [ping] = stream.pings;
  expect((await under.post(pong(ping), id)).status).toBe(202);
  expect(under.runtime.stats()).toMatchObject({ woken: 0, resident: 0, beats: beats + 1 });
  // Once is once, and what was never sent proves nothing.
  for (const sent of [ping, 'holdfast-ping-99']) {
    expect((await under.post(pong(sent), id)).status).toBe(202);
  }
  expect(under.runtime.stats().beats).toBe(beats + 1);
  expect(under.made).toHaveLength(1);
});

test('the answer to a ping is not shown to the server', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const problems: unknown[] = [];
  const [server] = under.servers;
  if (server === undefined) throw new Error('It was made.');
  server.server.onerror = (error) => problems.push(error);
  const headers = { accept: 'text/event-stream', 'mcp-session-id': id };
  const stream = new Reading(await under.send('GET', headers));
  await under.clock.advance(100_000);
  await under.post(pong(stream.pings[0]), id);
  expect(problems).toEqual([]);
  await stream.leave();
});
