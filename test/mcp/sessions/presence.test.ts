import { expect, test } from 'vitest';
import { endpointUnderTest } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

const TIGHT = { deadlines: { idleAfterMs: 1_000, idleTimeoutMs: 3_000 } };
const stream = (id: string) => ({ accept: 'text/event-stream', 'mcp-session-id': id });

test('a GET stream is presence, and neither work nor activity', async () => {
  const under = endpointUnderTest(TIGHT);
  const id = await under.open();
  const session = await under.runtime.get(id);
  await under.clock.advance(1_500);
  const response = await under.send('GET', stream(id));
  expect(response.status).toBe(200);
  expect(session.info()).toMatchObject({ state: 'idle', presences: 1, inFlight: 0 });
  await under.clock.advance(2_000);
  expect(under.events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'idle-timeout' });
  // The stream has ended with its session.
  expect(await response.text()).toBe(': open\n\n');
});

test('a client that goes away is noticed, and its next stream is let in', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const session = await under.runtime.get(id);
  const first = new Reading(await under.send('GET', stream(id)));
  expect(session.info().presences).toBe(1);
  await first.leave();
  await under.clock.settle();
  expect(session.info().presences).toBe(0);
  const next = new Reading(await under.send('GET', stream(id)));
  expect(session.info().presences).toBe(1);
  await next.leave();
  await under.clock.settle();
  expect(session.info().presences).toBe(0);
});

test('a GET that is refused is no presence', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  expect((await under.send('GET', { ...stream(id), accept: 'text/html' })).status).toBe(406);
  expect((await under.runtime.get(id)).info().presences).toBe(0);
});

test('what the server says unasked reaches the stream', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const response = await under.send('GET', stream(id));
  await under.servers[0]?.sendToolListChanged();
  await under.runtime.terminate(id);
  expect(await response.text()).toContain('notifications/tools/list_changed');
});

test('a quiet GET stream begins with a comment, so that its headers reach the client at once', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const response = await under.send('GET', stream(id));
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe(': open\n\n');
  await reader?.cancel();
});

test('a client that pings while its stream is open is not ended, only idle', async () => {
  const under = endpointUnderTest(TIGHT);
  const id = await under.open();
  const session = await under.runtime.get(id);
  const listening = new Reading(await under.send('GET', stream(id)));
  for (let n = 0; n < 6; n += 1) {
    await under.clock.advance(1_500);
    await under.post({ jsonrpc: '2.0', id: n, method: 'ping' }, id);
  }
  expect(session.info()).toMatchObject({ state: 'idle', presences: 1 });
  // Without the stream a ping proves nothing any more: three seconds from the last proof.
  await listening.leave();
  await under.clock.advance(2_500);
  await under.post({ jsonrpc: '2.0', id: 7, method: 'ping' }, id);
  expect(session.state).toBe('idle');
  await under.clock.advance(1_000);
  expect(session.info().reason).toBe('idle-timeout');
});
