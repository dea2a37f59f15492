import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { InMemoryServerEventBus } from '@modelcontextprotocol/server';
import { expect, test, vi } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import { createMcpEndpoint } from '../../../src/mcp/endpoint.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { dualEndpoint, modernRequest } from './dual-endpoint.ts';

const INFO = { name: 'tester', version: '1.0.0' };
const call = (name: string, headers: Record<string, string> = {}) =>
  modernRequest('tools/call', { name, arguments: {} }, headers);
const seen = (assertion: () => void) => vi.waitFor(assertion, { interval: 1 });

const pinned = async (url: URL) => {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(url));
  return client;
};

test("a session's id is ignored and never sent, even where it is somebody's", async () => {
  const clock = createVirtualClock();
  const { url, runtime } = await dualEndpoint({ clock }, { clock });
  const session = await runtime.create();
  const { lastActivityAt } = session.info();
  await clock.advance(10_000);
  const response = await fetch(url, call('whoami', { 'mcp-session-id': session.id }));
  expect(response.status).toBe(200);
  expect(response.headers.get('mcp-session-id')).toBeNull();
  const { result } = (await response.json()) as { result: { content: { text: string }[] } };
  expect(JSON.parse(result.content[0]?.text ?? '')).toMatchObject({
    session: null,
    sessionId: null,
  });
  expect(session.info()).toMatchObject({ lastActivityAt, inFlight: 0 });
});

test.each([
  ['no method header', call('whoami', { 'mcp-method': '' }), 400, -32020],
  ['another method in the header', call('whoami', { 'mcp-method': 'tools/list' }), 400, -32020],
  ['another name in the header', call('whoami', { 'mcp-name': 'echo' }), 400, -32020],
  [
    'another version in the header',
    call('whoami', { 'mcp-protocol-version': '2026-01-01' }),
    400,
    -32020,
  ],
  ['a method nobody knows', modernRequest('no/such'), 404, -32601],
])(
  "%s is refused as the SDK does it, and is nobody else's error",
  async (_, init, status, code) => {
    const { url, errors } = await dualEndpoint();
    const response = await fetch(url, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(errors).toEqual([]);
  },
);

test('a client that leaves has cancelled: its handler gets its signal', async () => {
  const { url, held } = await dualEndpoint();
  const leave = new AbortController();
  const asked = fetch(url, { ...call('hold'), signal: leave.signal }).catch(() => 'left');
  await seen(() => expect(held).toHaveLength(1));
  leave.abort();
  expect(await asked).toBe('left');
  await seen(() => expect(held[0]?.signal.aborted).toBe(true));
});

test('what is sent before the result makes a stream of the answer; leaving that cancels, too', async () => {
  const { url, held } = await dualEndpoint();
  const client = await pinned(url);
  const seenProgress: number[] = [];
  const answered = client.callTool(
    { name: 'hold' },
    { onprogress: ({ progress }) => seenProgress.push(progress) },
  );
  await seen(() => expect(held).toHaveLength(1));
  await held[0]?.progress(1);
  await seen(() => expect(seenProgress).toEqual([1]));
  held[0]?.answer('done');
  expect(await answered).toMatchObject({ content: [{ text: 'done' }] });

  const leave = new AbortController();
  const left = client.callTool(
    { name: 'hold' },
    { signal: leave.signal, onprogress: ({ progress }) => seenProgress.push(progress) },
  );
  left.catch(() => {});
  await seen(() => expect(held).toHaveLength(2));
  await held[1]?.progress(2);
  await seen(() => expect(seenProgress).toEqual([1, 2]));
  leave.abort();
  await expect(left).rejects.toThrow();
  await seen(() => expect(held[1]?.signal.aborted).toBe(true));
  await client.close();
});

test('answers may be streams from the start', async () => {
  const { url } = await dualEndpoint({ answers: 'stream' });
  const response = await fetch(url, call('whoami'));
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(await response.text()).toContain('"era');
});

test('a subscription hears what `notify` tells, and ends with the endpoint', async () => {
  const bus = new InMemoryServerEventBus();
  const clock = createVirtualClock();
  const { url, endpoint, runtime } = await dualEndpoint({ bus, clock }, { clock });
  expect(endpoint.bus).toBe(bus);
  const client = await pinned(url);
  let heard = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    heard += 1;
  });
  const subscription = await client.listen({ toolsListChanged: true });
  endpoint.notify.toolsChanged();
  await seen(() => expect(heard).toBe(1));
  bus.publish({ kind: 'tools_list_changed' });
  await seen(() => expect(heard).toBe(2));
  // It is standing: nothing waits for it, though a drain gives time to what is in flight.
  await runtime.drain();
  await endpoint.close();
  await subscription.closed;
  await client.close();
});

test('a request with a body that a parser took, and what authentication found, reaches the tools', async () => {
  const runtime = createRuntime();
  const { endpoint } = await dualEndpoint({
    authenticate: (_, info) => (info as { sub: string }).sub,
  });
  const { body, ...init } = call('whoami');
  const headers = { ...init.headers, host: 'localhost' };
  const response = await endpoint.fetch(new Request('http://localhost/mcp', { ...init, headers }), {
    parsedBody: JSON.parse(String(body)),
    authInfo: { sub: 'ada', scopes: [] },
  });
  const { result } = (await response.json()) as { result: { content: { text: string }[] } };
  expect(JSON.parse(result.content[0]?.text ?? '')).toMatchObject({
    principal: 'ada',
    authInfo: { sub: 'ada' },
  });
  await runtime.close();
});

test('a factory that throws: 500, and onError hears why', async () => {
  const wrong = new Error('wrong');
  const server = () => {
    throw wrong;
  };
  const { url, errors } = await dualEndpoint({ server });
  const response = await fetch(url, call('whoami'));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('wrong');
  expect(errors).toEqual([wrong]);
});

test('a drain lets requests in flight finish, and `close` waits for them', async () => {
  const { url, runtime, endpoint, held } = await dualEndpoint();
  const asked = fetch(url, call('hold'));
  await seen(() => expect(held).toHaveLength(1));
  await runtime.drain();
  expect((await fetch(url, call('whoami'))).status).toBe(503);
  let closed = false;
  const closing = endpoint.close().then(() => {
    closed = true;
  });
  // A request that is answered meanwhile shows that it does wait.
  expect((await fetch(url, call('whoami'))).status).toBe(503);
  expect(closed).toBe(false);
  held[0]?.answer('done');
  expect(await (await asked).json()).toMatchObject({ result: { content: [{ text: 'done' }] } });
  await closing;
});

test('but not for ever: what is left 15 s after the drain began is cut off', async () => {
  let holds = 0;
  const hold = () => {
    holds += 1;
    return () => {
      holds -= 1;
    };
  };
  const clock = Object.assign(createVirtualClock(), { hold });
  const { url, runtime, endpoint, held } = await dualEndpoint({ clock }, { clock });
  const asked = fetch(url, call('hold'));
  await seen(() => expect(held).toHaveLength(1));
  await runtime.drain();
  const closing = endpoint.close();
  await clock.advance(14_999);
  expect(held[0]?.signal.aborted).toBe(false);
  // The process does not exit meanwhile.
  expect(holds).toBe(1);
  await clock.advance(1);
  await closing;
  expect(holds).toBe(0);
  expect(held[0]?.signal.aborted).toBe(true);
  expect((await asked).status).toBe(503);
});

test('without a drain `close` cuts off at once', async () => {
  const { url, endpoint, held } = await dualEndpoint();
  const asked = fetch(url, call('hold'));
  await seen(() => expect(held).toHaveLength(1));
  await endpoint.close();
  expect(held[0]?.signal.aborted).toBe(true);
  expect((await asked).status).toBe(503);
});

test('options that are not allowed are refused', async () => {
  const runtime = createRuntime();
  const server = (): never => {
    throw new Error('not asked for');
  };
  for (const wrong of [{ keepAliveMs: -1 }, { maxSubscriptions: 0 }, { maxBodyBytes: 0 }]) {
    expect(() => createMcpEndpoint({ runtime, server, ...wrong })).toThrow(InvalidOptionError);
  }
  await runtime.close();
});
