import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { crashingOn, openRuntime } from '../../runtime/fixture.ts';
import { call, endpointUnderTest, INITIALIZE, messagesOf, STREAM } from './endpoint-under-test.ts';

const MINUTE = 60_000;
const TIGHT = { deadlines: { idleAfterMs: 1_000, idleTimeoutMs: 3_000 } };

const cancel = (requestId: string | number) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

test('a request in flight keeps its session from idle and from its idle timeout', async () => {
  const under = endpointUnderTest(TIGHT, STREAM);
  const id = await under.open();
  const response = await under.post(call(1, 'hold'), id);
  await under.clock.advance(MINUTE);
  expect((await under.runtime.get(id)).info()).toMatchObject({ state: 'active', inFlight: 1 });

  under.held[0]?.answer('at last');
  expect(await messagesOf(response)).toMatchObject([
    { id: 1, result: { content: [{ text: 'at last' }] } },
  ]);
  await under.clock.settle();
  expect((await under.runtime.get(id)).info()).toMatchObject({ inFlight: 0 });
  await under.clock.advance(3_500);
  expect(under.events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'idle-timeout' });
  expect(under.endpoint.connections).toBe(0);
});

test('a client that goes away has not cancelled: the work goes on until its handler has answered', async () => {
  const under = endpointUnderTest(TIGHT, STREAM);
  const id = await under.open();
  const gone = new AbortController();
  await under.post(call(1, 'hold'), id, gone.signal);
  gone.abort();
  await under.clock.advance(MINUTE);
  expect(under.held[0]?.signal.aborted).toBe(false);
  expect((await under.runtime.get(id)).info()).toMatchObject({ state: 'active', inFlight: 1 });

  under.held[0]?.answer('to nobody');
  await under.clock.settle();
  expect((await under.runtime.get(id)).info()).toMatchObject({ inFlight: 0 });
});

test('an answer nobody reads does not keep the session', async () => {
  const under = endpointUnderTest(TIGHT, STREAM);
  const id = await under.open();
  const unread = await under.post(call(1, 'hold'), id);
  under.held[0]?.answer('x'.repeat(1_000_000));
  await under.clock.settle();
  expect((await under.runtime.get(id)).info()).toMatchObject({ inFlight: 0 });
  expect(await unread.text()).toContain('xxx');
});

test('notifications/cancelled aborts the handler, ends the stream without an answer, and ends the work', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const response = await under.post(call('long', 'hold'), id);
  expect((await under.post(cancel('long'), id)).status).toBe(202);
  expect(await messagesOf(response)).toEqual([]);
  await under.clock.settle();
  expect(under.held[0]?.signal.aborted).toBe(true);
  expect((await under.runtime.get(id)).info()).toMatchObject({ inFlight: 0 });
  // The id may be used again.
  const again = await under.post(call('long', 'echo', { text: 'again' }), id);
  expect(await messagesOf(again)).toMatchObject([{ id: 'long', result: {} }]);
});

test('the end of a session aborts its running work at once and answers it with an error', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const response = await under.post(call(1, 'hold'), id);
  await under.runtime.terminate(id, 'operator');
  expect(await messagesOf(response)).toMatchObject([
    { id: 1, error: { code: -32000, data: { code: 'ERR_HOLDFAST_TERMINATED' } } },
  ]);
  expect(under.held[0]?.signal.aborted).toBe(true);
  expect(under.endpoint.connections).toBe(0);
});

test('the crash of a session answers its running work as any other end does, without the reason', async () => {
  const { runtime } = openRuntime({}, crashingOn('session.pause'));
  const server = (): McpServer => {
    const made = new McpServer({ name: 'under-test', version: '1.0.0' });
    made.registerTool('hold', {}, () => new Promise<never>(() => undefined));
    return made;
  };
  const endpoint = createMcpSessions({ runtime, authenticate: () => 'mallory', server });
  const post = (body: unknown, id = ''): Promise<Response> => {
    const headers = {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
    };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return endpoint.fetch(new Request('http://localhost/mcp', init));
  };
  const id = (await post(INITIALIZE)).headers.get('mcp-session-id') ?? '';
  const response = await post(call(1, 'hold'), id);
  await (await runtime.get(id)).pause().catch(() => undefined);
  const [answer] = await messagesOf(response);
  expect(answer).toMatchObject({ error: { data: { code: 'ERR_HOLDFAST_TERMINATED' } } });
  expect(JSON.stringify(answer)).not.toContain('crashed');
  expect(endpoint.connections).toBe(0);
  await runtime.close();
});

test('a request that takes longer than it may is aborted and answered; the session stays', async () => {
  const under = endpointUnderTest({}, { ...STREAM, requestTimeoutMs: 5_000 });
  const id = await under.open();
  const response = await under.post(call(1, 'hold'), id);
  await under.clock.advance(5_001);
  expect(await messagesOf(response)).toMatchObject([
    { id: 1, error: { data: { code: 'ERR_HOLDFAST_TIMEOUT', retryable: true } } },
  ]);
  expect(under.held[0]?.signal.aborted).toBe(true);
  const next = await under.post(call(1, 'echo', { text: 'still here' }), id);
  expect(await messagesOf(next)).toMatchObject([{ result: { content: [{ text: 'still here' }] } }]);
});

test('a batch that takes too long is answered for each of its requests', async () => {
  const under = endpointUnderTest({}, { ...STREAM, requestTimeoutMs: 5_000 });
  const id = await under.open();
  const batch = [call(1, 'hold'), call(2, 'hold'), call(3, 'echo', { text: 'quick' })];
  const response = await under.post(batch, id);
  await under.clock.advance(5_001);
  const answers = await messagesOf(response);
  expect(answers).toHaveLength(3);
  expect(answers).toContainEqual(expect.objectContaining({ id: 3, result: expect.anything() }));
  for (const late of [1, 2]) {
    expect(answers).toContainEqual(expect.objectContaining({ id: late, error: expect.anything() }));
  }
  expect(under.held.map(({ signal }) => signal.aborted)).toEqual([true, true]);
});

test('a batch is one operation with an answer for each of its requests', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const before = under.events.length;
  const response = await under.post(
    [call(1, 'echo', { text: 'a' }), call(2, 'echo', { text: 'b' })],
    id,
  );
  expect(await messagesOf(response)).toHaveLength(2);
  await under.clock.settle();
  expect(under.events.slice(before)).toMatchObject([
    { type: 'session.operation-started', name: 'batch' },
    { type: 'session.operation-finished', name: 'batch', outcome: 'done' },
  ]);
});

test('a ping is proof of life and no activity: it leaves an idle session idle', async () => {
  const under = endpointUnderTest(TIGHT);
  const id = await under.open();
  await under.clock.advance(1_500);
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  const before = under.events.length;
  expect(await messagesOf(await under.post(ping, id))).toMatchObject([{ id: 1, result: {} }]);
  expect(typesOf(under.events.slice(before))).toEqual([]);
  expect((await under.runtime.get(id)).state).toBe('idle');

  await under.post({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }, id);
  expect((await under.runtime.get(id)).state).toBe('active');
});

test('a client that pinged once has not promised to go on: its silence is no lost heartbeat', async () => {
  const heartbeat = { heartbeatIntervalMs: 1_000, heartbeatMissed: 2 };
  const under = endpointUnderTest({ deadlines: { ...heartbeat, idleTimeoutMs: 60_000 } });
  const id = await under.open();
  await messagesOf(await under.post({ jsonrpc: '2.0', id: 1, method: 'ping' }, id));
  await under.clock.advance(30_000);
  expect((await under.runtime.get(id)).state).not.toBe('terminated');
  await under.clock.advance(31_000);
  expect(under.events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'idle-timeout' });
});

test('a method name that is none is never shown', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  await messagesOf(await under.post({ jsonrpc: '2.0', id: 1, method: 'x\n12:00 ended ses_' }, id));
  const names = under.events.flatMap((event) => ('name' in event ? [event.name] : []));
  expect(names).toContain('other');
  expect(names.join('')).not.toContain('ended');
});

test('a paused session answers requests with an error on 200, and still pings and cancellations', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const running = await under.post(call('running', 'hold'), id);
  await (await under.runtime.get(id)).pause();

  const refused = await under.post(call(1, 'echo', { text: 'x' }), id);
  expect(refused.status).toBe(200);
  expect(await refused.json()).toMatchObject({
    id: 1,
    error: { data: { code: 'ERR_HOLDFAST_PAUSED', retryable: true } },
  });
  const batch = await under.post([call(2, 'echo'), call(3, 'echo')], id);
  expect(await batch.json()).toMatchObject([
    { id: 2, error: {} },
    { id: 3, error: {} },
  ]);
  const ping = await under.post({ jsonrpc: '2.0', id: 4, method: 'ping' }, id);
  expect(await messagesOf(ping)).toMatchObject([{ id: 4, result: {} }]);
  expect((await under.post(cancel('running'), id)).status).toBe(202);
  expect(await messagesOf(running)).toEqual([]);

  await (await under.runtime.get(id)).resume();
  const taken = await under.post(call(1, 'echo', { text: 'x' }), id);
  expect(await messagesOf(taken)).toMatchObject([{ id: 1, result: {} }]);
});
