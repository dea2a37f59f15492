import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS } from '../../../src/limits.ts';
import { type DurableEndpoint, durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import { call, messagesOf } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// What the server asks of its client: elicitation, sampling, roots.

const PARAMS = {
  message: 'Sure?',
  requestedSchema: { type: 'object' as const, properties: {} },
};

/** A server that asks its client: in a tool, and unasked. */
const asking = (answers: unknown[]) => (): McpServer => {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    // Unlike `mcpReq.elicitInput`, this says which call it belongs to.
    const answer = await mcpReq.send({ method: 'elicitation/create', params: PARAMS });
    return { content: [{ type: 'text', text: answer.action }] };
  });
  server.registerTool('ask_unrelated', {}, async ({ mcpReq }) => {
    const { action } = await mcpReq.elicitInput(PARAMS);
    return { content: [{ type: 'text', text: action }] };
  });
  server.registerTool('ask_later', {}, () => {
    void server.server.elicitInput(PARAMS).then(
      ({ action }) => answers.push(action),
      (error: unknown) => answers.push(error),
    );
    return { content: [] };
  });
  return server;
};

const opened = async (under: DurableEndpoint): Promise<string> => {
  const response = await under.post({
    jsonrpc: '2.0',
    id: 'init',
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'tester', version: '1.0.0' },
    },
  });
  const id = response.headers.get('mcp-session-id') ?? '';
  await under.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, id);
  return id;
};

const accept = (id: unknown) => ({ jsonrpc: '2.0', id, result: { action: 'accept', content: {} } });

test('a question of a tool goes out on the stream of its call, and the answer comes back by a POST', async () => {
  const under = durableEndpoint({ server: asking([]), answers: 'auto' });
  const id = await opened(under);
  const stream = new Reading(await under.post(call(1, 'ask'), id));
  await under.bench.settle();
  const [question] = stream.messages;
  expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Sure?' } });
  expect((await under.post(accept(question?.['id']), id)).status).toBe(202);
  await under.bench.settle();
  expect(stream.messages[1]).toMatchObject({ id: 1, result: { content: [{ text: 'accept' }] } });
});

test('a question that belongs to no call goes out on the open stream, and keeps its session in memory until it is answered', async () => {
  const answers: unknown[] = [];
  const under = durableEndpoint({ server: asking(answers) });
  const id = await opened(under);
  const stream = new Reading(await under.get(id));
  await messagesOf(await under.post(call(1, 'ask_later'), id));
  await under.bench.advance(2 * STORED_MS);
  expect(await under.residency(id)).toBe('resident');
  const [question] = stream.messages;
  expect((await under.post(accept(question?.['id']), id)).status).toBe(202);
  await under.bench.settle();
  expect(answers).toEqual(['accept']);
  expect((await under.runtime.get(id)).info().presences).toBe(1);
  await under.rest(id);
});

test('an answer is an activity, and an answer nobody waits for is none: it wakes nothing', async () => {
  const under = durableEndpoint({ server: asking([]) });
  const id = await opened(under);
  await under.bench.advance(11_000);
  const session = await under.runtime.get(id);
  expect(session.state).toBe('idle');
  expect((await under.post(accept(0), id)).status).toBe(202);
  expect(session.state).toBe('idle');
  await under.rest(id);
  for (const answer of [accept(0), accept('holdfast-ping-1'), accept('holdfast-ping-x')]) {
    expect((await under.post(answer, id)).status).toBe(202);
  }
  expect(under.runtime.stats()).toMatchObject({ resident: 0, woken: 0 });

  const stream = new Reading(await under.get(id));
  await messagesOf(await under.post(call(1, 'ask_later'), id));
  await under.bench.advance(11_000);
  expect(session.state).toBe('idle');
  const [question] = stream.messages;
  await under.post(accept(question?.['id']), id);
  expect(session.state).toBe('active');
});

test('the late answer to a question of a server before the crash is not taken for that of another one', async () => {
  const answers: unknown[] = [];
  const under = durableEndpoint({ server: asking(answers) });
  const id = await opened(under);
  const before = new Reading(await under.get(id));
  await messagesOf(await under.post(call(1, 'ask_later'), id));
  await under.bench.settle();
  const late = before.messages[0]?.['id'];
  under.crash();
  const after = new Reading(await under.get(id));
  await messagesOf(await under.post(call(2, 'ask_later'), id));
  await under.bench.settle();
  const asked = after.messages[0]?.['id'];
  expect(asked).not.toBe(late);
  const here = answers.length;
  expect((await under.post(accept(late), id)).status).toBe(202);
  await under.bench.settle();
  expect(answers).toHaveLength(here);
  await under.post(accept(asked), id);
  await under.bench.settle();
  expect(answers.at(-1)).toBe('accept');
});

test('a question that is given up keeps its session no longer, and says so by the id it went out with', async () => {
  const under = durableEndpoint({
    server: () => {
      const server = new McpServer({ name: 'impatient', version: '1.0.0' });
      server.registerTool('ask_later', {}, () => {
        const given = new AbortController();
        server.server.elicitInput(PARAMS, { signal: given.signal }).catch(() => undefined);
        queueMicrotask(() => given.abort('no longer'));
        return { content: [] };
      });
      return server;
    },
  });
  const id = await opened(under);
  // Made again: so its ids are not those it counts.
  await under.rest(id);
  const stream = new Reading(await under.get(id));
  await messagesOf(await under.post(call(1, 'ask_later'), id));
  await under.bench.settle();
  expect(stream.messages).toMatchObject([
    { method: 'elicitation/create' },
    { method: 'notifications/cancelled', params: { requestId: stream.messages[0]?.['id'] } },
  ]);
  await under.rest(id);
});

test('a question that belongs to no call goes out with the answers of one, where no stream is open', async () => {
  const under = durableEndpoint({ server: asking([]), answers: 'auto' });
  const id = await opened(under);
  const stream = new Reading(await under.post(call(1, 'ask_unrelated'), id));
  await under.bench.settle();
  expect(stream.messages).toMatchObject([{ method: 'elicitation/create' }]);
  await under.post(accept(stream.messages[0]?.['id']), id);
  await under.bench.settle();
  expect(stream.messages[1]).toMatchObject({ id: 1, result: { content: [{ text: 'accept' }] } });
});

test('a question nobody hears waits for the stream, and is asked once', async () => {
  const answers: unknown[] = [];
  const under = durableEndpoint({ server: asking(answers) });
  const id = await opened(under);
  await under.made[0]?.server.server.sendToolListChanged();
  const asked = under.made[0]?.server.server.elicitInput(PARAMS);
  await under.bench.settle();
  const first = new Reading(await under.get(id));
  await under.bench.settle();
  // What is no question is not repeated to a client that never heard of it.
  expect(first.messages).toMatchObject([{ method: 'elicitation/create' }]);
  const second = new Reading(await under.get(id));
  await under.bench.settle();
  expect(second.messages).toEqual([]);
  await under.post(accept(first.messages[0]?.['id']), id);
  expect(await asked).toMatchObject({ action: 'accept' });
});

/** A session without a stream whose server has asked this often, each time for nothing. */
const asked = async (times: number, timeout: number, characters = 100) => {
  const servers: McpServer[] = [];
  const under = durableEndpoint({
    server: () => {
      const server = new McpServer({ name: 'asking', version: '1.0.0' });
      servers.push(server);
      return server;
    },
  });
  const id = await opened(under);
  const message = 'x'.repeat(characters);
  const ask = (): Promise<unknown> =>
    servers[0]?.server.elicitInput({ ...PARAMS, message }, { timeout }).catch(() => null) ??
    Promise.resolve(null);
  const all = Array.from({ length: times }, ask);
  return { under, id, all };
};

test('a question that was given up before a stream was open is not asked any more', async () => {
  const { under, id, all } = await asked(3, 1);
  await Promise.all(all);
  const stream = new Reading(await under.get(id));
  await under.bench.settle();
  expect(stream.messages).toEqual([]);
});

test('of questions that nobody hears, the newest are kept for who comes, no more than a stream keeps', async () => {
  for (const [times, characters] of [
    [LIMITS.streamEvents + 10, 1],
    [10, LIMITS.streamBytes / 5],
  ] as const) {
    const { under, id } = await asked(times, 60_000, characters);
    const stream = new Reading(await under.get(id));
    await under.bench.settle();
    const bytes = Buffer.byteLength(stream.text);
    expect(bytes).toBeLessThan(LIMITS.streamBytes + 100 * LIMITS.streamEvents);
    expect(stream.messages.length).toBeLessThanOrEqual(LIMITS.streamEvents);
    expect(stream.messages.length).toBeGreaterThan(3);
    expect(stream.messages.at(-1)).toMatchObject({ id: times - 1 });
  }
});
