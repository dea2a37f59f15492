import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { createLoggingServer, durableEndpoint } from './durable-endpoint.ts';
import { call, endpointUnderTest, INITIALIZE, messagesOf } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// The end of an endpoint, and of the runtime under it.

test('close of the endpoint closes what is being made as well', async () => {
  const closed: number[] = [];
  let proceed: () => void = () => undefined;
  let slow = false;
  const under = durableEndpoint({
    server: async (context) => {
      const server = await createLoggingServer(context);
      if (!slow) return server;
      server.server.onclose = () => closed.push(1);
      await new Promise<void>((resolve) => (proceed = resolve));
      return server;
    },
  });
  const id = await under.openStored();
  slow = true;
  const asked = under.post(call(1, 'log'), id);
  await under.bench.settle();
  await under.endpoint.close();
  proceed();
  expect((await asked).status).toBe(503);
  await under.bench.settle();
  expect(closed).toEqual([1]);
  expect((await under.runtime.get(id)).state).toBe('active');
});

test('close of the endpoint waits for the servers to be closed', async () => {
  let proceed: () => void = () => undefined;
  const under = durableEndpoint({
    server: async (context) => {
      const server = await createLoggingServer(context);
      const close = server.close.bind(server);
      server.close = async () => {
        await new Promise<void>((resolve) => (proceed = resolve));
        await close();
      };
      return server;
    },
  });
  await under.open();
  let closed = false;
  const closing = under.endpoint.close().then(() => {
    closed = true;
  });
  await under.bench.settle();
  expect(closed).toBe(false);
  proceed();
  await closing;
  expect(under.made[0]?.server.isConnected()).toBe(false);
});

test('close of the endpoint does not wait for a server that never closes', async () => {
  const servers: McpServer[] = [];
  const under = endpointUnderTest(
    {},
    {
      server: () => {
        const server = new McpServer({ name: 'stuck', version: '1.0.0' });
        server.close = () => new Promise<void>(() => undefined);
        servers.push(server);
        return server;
      },
    },
  );
  await under.open();
  let closed = false;
  const closing = under.endpoint.close().then(() => {
    closed = true;
  });
  await under.clock.advance(LIMITS.cleanupTimeoutMs - 1);
  expect(closed).toBe(false);
  await under.clock.advance(LIMITS.streamTickMs + 1);
  await closing;
  expect(under.errors).toMatchObject([{ code: 'ERR_HOLDFAST_TIMEOUT' }]);
});

test('the process is held while the endpoint closes, and no longer', async () => {
  const holding = new Set<object>();
  const clock = Object.assign(createVirtualClock(), {
    hold: () => {
      const one = {};
      holding.add(one);
      return () => void holding.delete(one);
    },
  });
  const server = (): McpServer => {
    const made = new McpServer({ name: 'stuck', version: '1.0.0' });
    made.close = () => new Promise<void>(() => undefined);
    return made;
  };
  const under = endpointUnderTest({ clock }, { clock, server });
  const open = async () => (await under.post(INITIALIZE)).status;
  expect(await open()).toBe(200);
  expect(holding.size).toBe(0);
  const closing = under.endpoint.close();
  await clock.advance(LIMITS.cleanupTimeoutMs - 1);
  // Its own timers would let the process exit here, in the middle of the close.
  expect(holding.size).toBe(1);
  await clock.advance(1);
  await closing;
  expect(holding.size).toBe(0);
});

test('an endpoint that closes during a handshake is no refusal of the server: its client may come again', async () => {
  const under = endpointUnderTest(
    {},
    {
      server: () => {
        const made = new McpServer({ name: 'slow', version: '1.0.0' });
        made.server.setRequestHandler('initialize', () => new Promise<never>(() => undefined));
        return made;
      },
    },
  );
  const asked = under.post(INITIALIZE);
  await under.clock.settle();
  await under.endpoint.close();
  const response = await asked;
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(under.runtime.stats()).toMatchObject({ resident: 0, created: 1 });
  expect(under.errors).toEqual([]);
});

test('close of the endpoint does not tell clients that their sessions have ended: they go on', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const asked = under.post(call(1, 'hold'), id);
  await under.clock.settle();
  await under.endpoint.close();
  expect(await messagesOf(await asked)).toMatchObject([
    { id: 1, error: { data: { code: 'ERR_HOLDFAST_DRAINING', retryable: true } } },
  ]);
  expect(under.held[0]?.signal.aborted).toBe(true);
  expect((await under.runtime.get(id)).state).toBe('active');
});

test('a runtime that is closed leaves no stream, of a stored session either', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  const stream = new Reading(await under.get(id));
  await under.bench.close();
  expect(stream).toMatchObject({ ended: true, messages: [] });
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
});

test('a session that is given another id: the stream under the old one is closed, and what is in flight is answered first', async () => {
  const under = endpointUnderTest();
  const quiet = await under.open();
  const stream = new Reading(
    await under.send('GET', { 'mcp-session-id': quiet, accept: 'text/event-stream' }),
  );
  await (await under.runtime.get(quiet)).rotateId();
  await under.clock.settle();
  expect(stream.ended).toBe(true);
  expect(under.endpoint).toMatchObject({ connections: 0, streams: 0 });
  expect((await under.post(call(1, 'echo', { text: 'x' }), quiet)).status).toBe(404);
  const busy = await under.open();
  const answer = under.post(call(1, 'hold'), busy);
  await under.clock.settle();
  await (await under.runtime.get(busy)).rotateId();
  expect(under.endpoint.connections).toBe(1);
  under.held[0]?.answer('done');
  expect(await messagesOf(await answer)).toMatchObject([{ id: 1, result: {} }]);
  await under.clock.settle();
  expect(under.endpoint.connections).toBe(0);
});
