import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import { LIMITS } from '../../../src/limits.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { call, endpointUnderTest, INITIALIZE, STREAM } from './endpoint-under-test.ts';

test('at capacity: 503 with Retry-After, and the refused client leaves nothing', async () => {
  const under = endpointUnderTest({ maxResident: 1 });
  const first = await under.open();
  const refused = await under.post(INITIALIZE);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(refused.headers.get('mcp-session-id')).toBeNull();
  expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 }, id: null });
  expect(under.runtime.stats()).toMatchObject({ created: 1, refused: 1, resident: 1 });
  expect(under.endpoint.connections).toBe(1);
  expect(under.servers).toHaveLength(1);

  await under.runtime.terminate(first);
  expect((await under.post(INITIALIZE)).status).toBe(200);
});

test('while it drains: 503 for a new client, and for new work of an old one', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const working = await under.post(call(1, 'hold'), id);
  const drained = under.runtime.drain();
  expect((await under.post(INITIALIZE)).status).toBe(503);
  const refused = await under.post(call(2, 'echo', { text: 'x' }), id);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();

  under.held[0]?.answer('finished');
  expect(await working.text()).toContain('finished');
  expect(await drained).toMatchObject({ ended: 1, aborted: 0, left: [] });
  expect(under.endpoint.connections).toBe(0);
});

test('a server that cannot be made: 500, and no session is left', async () => {
  const boom = new Error('no such database');
  const under = endpointUnderTest({}, { server: () => Promise.reject(boom) });
  const response = await under.post(INITIALIZE);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('database');
  expect(under.errors).toEqual([boom]);
  expect(under.runtime.stats()).toMatchObject({ created: 1, resident: 0 });
  expect(under.endpoint.connections).toBe(0);
});

test('a session that ends while its server is made: 404, and nothing is left', async () => {
  const closed: string[] = [];
  const under = endpointUnderTest(
    {},
    {
      server: async ({ session }) => {
        await session.terminate('operator');
        const server = new McpServer({ name: 'late', version: '1.0.0' });
        server.server.onclose = () => closed.push(session.id);
        return server;
      },
    },
  );
  expect((await under.post(INITIALIZE)).status).toBe(404);
  expect(under.endpoint.connections).toBe(0);
  expect(closed).toHaveLength(1);
});

test('a server that refuses the handshake: its error is told, and no session is left', async () => {
  const server = (): McpServer => {
    const made = new McpServer({ name: 'moody', version: '1.0.0' });
    made.server.setRequestHandler('initialize', () => Promise.reject(new Error('not today')));
    return made;
  };
  const under = endpointUnderTest({}, { server });
  const response = await under.post(INITIALIZE);
  expect(response.headers.get('mcp-session-id')).toBeNull();
  expect(await response.json()).toMatchObject({ id: 'init', error: { message: 'not today' } });
  expect(under.runtime.stats()).toMatchObject({ created: 1, resident: 0 });
  expect(under.endpoint.connections).toBe(0);
});

test('a server that does not answer the handshake: its client is told after 30 s, and the session ends', async () => {
  const server = (): McpServer => {
    const made = new McpServer({ name: 'hung', version: '1.0.0' });
    made.server.setRequestHandler('initialize', () => new Promise(() => undefined));
    return made;
  };
  // No silence deadline counts: it is work.
  const deadlines = { idleAfterMs: 1_000, idleTimeoutMs: 3_000 };
  const under = endpointUnderTest({ deadlines }, { server });
  const asked = under.post(INITIALIZE);
  await under.clock.advance(LIMITS.initTimeoutMs - 1);
  expect(under.runtime.stats()).toMatchObject({ resident: 1, operations: { inFlight: 1 } });
  await under.clock.advance(1);
  expect((await asked).status).toBe(500);
  expect(under.errors).toMatchObject([{ code: 'ERR_HOLDFAST_TIMEOUT' }]);
  expect(under.endpoint.connections).toBe(0);
  expect(under.runtime.stats().resident).toBe(0);
});

test('a client that says too much of itself is refused, and a long name is cut', async () => {
  const under = endpointUnderTest();
  const saying = (name: string, capabilities: object) => ({
    ...INITIALIZE,
    params: { ...INITIALIZE.params, capabilities, clientInfo: { name, version: '1' } },
  });
  const refused = await under.post(
    saying('x', { experimental: { x: { y: 'z'.repeat(100_000) } } }),
  );
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { code: -32602 } });
  expect(under.runtime.stats().resident).toBe(0);

  const cut = await under.post(saying('n'.repeat(1_000), {}));
  expect(cut.status).toBe(200);
  const session = await under.runtime.get(cut.headers.get('mcp-session-id') ?? '');
  expect(session.info().client?.name).toBe('n'.repeat(256));
});

test('a server that closes itself ends its session', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  await under.servers[0]?.close();
  expect(under.endpoint.connections).toBe(0);
  expect((await under.post(call(1, 'echo'), id)).status).toBe(404);
  expect(under.events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'operator' });
});

test('after close: 503, and every transport is closed', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const stream = await under.send('GET', { accept: 'text/event-stream', 'mcp-session-id': id });
  await under.endpoint.close();
  expect(await stream.text()).toBe(': open\n\n');
  expect((await under.post(call(1, 'echo'), id)).status).toBe(503);
});

test('options that are not allowed are refused at the door', async () => {
  const runtime = createRuntime();
  const make = (options: object) => () =>
    createMcpSessions({ runtime, server: () => Promise.reject(), ...options });
  expect(make({ maxBodyBytes: 0 })).toThrow(InvalidOptionError);
  expect(make({ maxBodyBytes: Number.NaN })).toThrow(InvalidOptionError);
  expect(make({ requestTimeoutMs: 0 })).toThrow(InvalidOptionError);
  expect(make({ requestTimeoutMs: 'off', maxBodyBytes: 1 })).not.toThrow();
  await runtime.close();
});
