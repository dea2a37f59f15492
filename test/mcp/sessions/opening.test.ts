import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import type { McpSessionsOptions } from '../../../src/mcp/sessions/index.ts';
import { durableEndpoint } from './durable-endpoint.ts';
import { call, endpointUnderTest, INITIALIZE, messagesOf } from './endpoint-under-test.ts';

// An `initialize`: until it is answered nobody knows its session.

/** A factory that makes servers when the test lets it. */
const slowly = () => {
  const waiting: (() => void)[] = [];
  const closed: number[] = [];
  const server = async (): Promise<McpServer> => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    const made = new McpServer({ name: 'slow', version: '1.0.0' });
    made.server.onclose = () => closed.push(1);
    return made;
  };
  return { waiting, closed, server };
};

/** The same for the answer to the handshake. */
const answeringSlowly = () => {
  const waiting: (() => void)[] = [];
  const closed: number[] = [];
  const server = (): McpServer => {
    const made = new McpServer({ name: 'slow', version: '1.0.0' });
    made.server.onclose = () => closed.push(1);
    made.server.setRequestHandler('initialize', async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      const { protocolVersion } = INITIALIZE.params;
      return { protocolVersion, capabilities: {}, serverInfo: { name: 'slow', version: '1' } };
    });
    return made;
  };
  return { waiting, closed, server };
};

const ANONYMOUS: Partial<McpSessionsOptions> = { authenticate: () => 'ada' };

test.each([
  ['its server is made', slowly],
  ['its server answers', answeringSlowly],
])('a client that leaves while %s leaves no session, and may open others', async (_, make) => {
  const { waiting, closed, server } = make();

  const under = endpointUnderTest({ maxPerPrincipal: 2 }, { ...ANONYMOUS, server });
  for (let n = 0; n < 5; n += 1) {
    const leaving = new AbortController();
    const asked = under.post(INITIALIZE, undefined, leaving.signal);
    await under.clock.settle();
    expect(under.runtime.stats().resident).toBe(1);
    leaving.abort();
    await asked;
    expect(under.runtime.stats()).toMatchObject({ resident: 0, created: n + 1 });
  }
  for (const proceed of waiting) proceed();
  await under.clock.settle();
  // Those that came late were closed.
  expect(closed).toHaveLength(5);
  expect(under.endpoint.connections).toBe(0);
  // A client that leaves is no fault of the server.
  expect(under.errors).toEqual([]);
});

test('so does one that leaves in the moment it is answered', async () => {
  const { waiting, server } = answeringSlowly();
  const under = endpointUnderTest({}, { server });
  const leaving = new AbortController();
  const asked = under.post(INITIALIZE, undefined, leaving.signal);
  await under.clock.settle();
  under.runtime.subscribe(({ type }) => {
    if (type === 'session.operation-finished') leaving.abort();
  });
  waiting[0]?.();
  await asked;
  await under.clock.settle();
  expect(under.runtime.stats()).toMatchObject({ resident: 0, created: 1 });
});

test('a client that has its answer may leave: its session stays', async () => {
  const under = endpointUnderTest();
  const leaving = new AbortController();
  const answer = await under.post(INITIALIZE, undefined, leaving.signal);
  leaving.abort();
  await messagesOf(answer);
  await under.clock.settle();
  const id = answer.headers.get('mcp-session-id') ?? '';
  expect((await under.post(call(1, 'echo', { text: 'x' }), id)).status).toBe(200);
});

test('a factory that hangs: the client is told after 30 s, nothing is left, and a server that comes late is closed', async () => {
  const { waiting, closed, server } = slowly();
  const under = endpointUnderTest({}, { server });
  const asked = under.post(INITIALIZE);
  await under.clock.advance(29_999);
  expect(under.runtime.stats().operations.inFlight).toBe(1);
  await under.clock.advance(1);
  expect((await asked).status).toBe(500);
  expect(under.errors).toMatchObject([{ code: 'ERR_HOLDFAST_TIMEOUT' }]);
  expect(under.runtime.stats().resident).toBe(0);
  expect(under.endpoint.connections).toBe(0);
  waiting[0]?.();
  await under.clock.settle();
  expect(closed).toEqual([1]);
});

test.each([slowly, answeringSlowly])(
  'a drain waits for an opening, and stores none that is half made: %o',
  async (make) => {
    const { waiting, server } = make();
    const under = durableEndpoint({ server });
    const cut = under.post(INITIALIZE);
    await under.bench.settle();
    const drained = under.runtime.drain();
    await under.bench.advance(30_000);
    expect(await drained).toMatchObject({ hibernated: 0, aborted: 1, left: [] });
    const refused = await cut;
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    waiting[0]?.();
    // The next process knows nothing of it.
    await under.restart();
    expect(under.runtime.stats()).toMatchObject({ resident: 0, byResidency: { stored: 0 } });
    expect(under.errors).toEqual([]);
  },
);

test('an opening that is done while a drain waits for it is answered, and its session goes on in the next process', async () => {
  const { waiting, server } = answeringSlowly();
  const under = durableEndpoint({ server });
  const asked = under.post(INITIALIZE);
  await under.bench.settle();
  const drained = under.runtime.drain();
  await under.bench.advance(1_000);
  waiting[0]?.();
  const answer = await asked;
  expect(answer.status).toBe(200);
  await under.bench.advance(1_000);
  expect(await drained).toMatchObject({ hibernated: 1, aborted: 0 });
});

test('close of the endpoint while a server is made: 503 at once, and no session is left', async () => {
  const { waiting, closed, server } = slowly();
  const under = endpointUnderTest({}, { server });
  const asked = under.post(INITIALIZE);
  await under.clock.settle();
  await under.endpoint.close();
  expect((await asked).status).toBe(503);
  expect(under.runtime.stats().resident).toBe(0);
  waiting[0]?.();
  await under.clock.settle();
  expect(closed).toEqual([1]);
});
