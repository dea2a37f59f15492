import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { durableEndpoint, STORED_MS } from './durable-endpoint.ts';
import {
  call,
  type EndpointUnderTest,
  endpointUnderTest,
  INITIALIZE,
  messagesOf,
} from './endpoint-under-test.ts';

// What a server says that is no JSON: it costs its own request, and nobody else anything.

const CIRCLE: Record<string, unknown> = {};
CIRCLE['self'] = CIRCLE;

const NO_JSON: Readonly<Record<string, () => Record<string, unknown>>> = {
  a_bigint: () => ({ id: 10n }),
  a_circle: () => CIRCLE,
  a_throwing_to_json: () => ({
    toJSON: () => {
      throw new Error('not me');
    },
  }),
};

const REFUSED = { code: -32603, message: 'Internal error' };

const PARAMS = {
  message: 'Sure?',
  requestedSchema: { type: 'object' as const, properties: {} },
};

/** A server of tools that are no JSON; `said` has what became of what it said. */
const createServer = (said: unknown[]): McpServer => {
  const server = new McpServer({ name: 'no-json', version: '1.0.0' });
  const settled = (saying: Promise<unknown>) =>
    saying.then(
      () => said.push('sent'),
      (error: unknown) => said.push(error),
    );
  for (const [name, make] of Object.entries(NO_JSON)) {
    server.registerTool(name, {}, () => ({ content: [], structuredContent: make() }));
  }
  server.registerTool('fine', {}, () => ({ content: [{ type: 'text', text: 'fine' }] }));
  const extra = { 'x/extra': 1n };
  server.registerTool('notify', {}, async ({ mcpReq }) => {
    await settled(mcpReq.notify({ method: 'notifications/progress', params: extra as never }));
    return { content: [] };
  });
  server.registerTool('ask', {}, async ({ mcpReq }) => {
    const params = { ...PARAMS, _meta: extra };
    await settled(mcpReq.send({ method: 'elicitation/create', params }));
    return { content: [] };
  });
  server.registerTool('ask_unasked', {}, async () => {
    await settled(server.server.elicitInput({ ...PARAMS, _meta: extra }));
    return { content: [] };
  });
  return server;
};

const under = (answers: 'auto' | 'stream'): EndpointUnderTest & { said: unknown[] } => {
  const said: unknown[] = [];
  const made = endpointUnderTest({}, { answers, server: () => createServer(said) });
  return Object.assign(made, { said });
};

const inFlight = async ({ runtime }: EndpointUnderTest, id: string): Promise<number> =>
  (await runtime.get(id)).info().inFlight;

const CASES = (['auto', 'stream'] as const).flatMap((answers) =>
  Object.keys(NO_JSON).map((name) => [answers, name] as const),
);

test.each(CASES)(
  'an answer that is no JSON is an error for its client, and nothing is left of it (%s, %s)',
  async (answers, name) => {
    const endpoint = under(answers);
    const id = await endpoint.open();
    const response = await endpoint.post(call(1, name), id);
    expect(await messagesOf(response)).toEqual([{ jsonrpc: '2.0', id: 1, error: REFUSED }]);
    expect(endpoint.errors).toHaveLength(1);
    // Longer than a slow answer waits to become a stream.
    await endpoint.clock.advance(2 * LIMITS.streamAfterMs);
    expect(await inFlight(endpoint, id)).toBe(0);
    expect(endpoint.errors).toHaveLength(1);
    // The id is free again.
    const again = await endpoint.post(call(1, 'fine'), id);
    expect(await messagesOf(again)).toMatchObject([{ id: 1, result: {} }]);
  },
);

test.each(['auto', 'stream'] as const)(
  'the others of its batch have their answers (%s)',
  async (answers) => {
    const endpoint = under(answers);
    const id = await endpoint.open();
    const body = [call(1, 'fine'), call(2, 'a_bigint'), call(3, 'fine')];
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
      'mcp-protocol-version': '2025-03-26',
    };
    const response = await endpoint.send('POST', headers, JSON.stringify(body));
    const got = (await messagesOf(response)) as { id: number }[];
    expect(got.sort((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: REFUSED },
      { id: 3, result: {} },
    ]);
    await endpoint.clock.advance(2 * LIMITS.streamAfterMs);
    expect(await inFlight(endpoint, id)).toBe(0);
  },
);

test.each(['notify', 'ask'])(
  'what a tool says meanwhile and is no JSON fails where it is said, and the call goes on (%s)',
  async (name) => {
    const endpoint = under('auto');
    const id = await endpoint.open();
    const response = await endpoint.post(call(1, name), id);
    expect(await messagesOf(response)).toMatchObject([{ id: 1, result: {} }]);
    expect(endpoint.said).toMatchObject([{ name: 'TypeError' }]);
    expect(await inFlight(endpoint, id)).toBe(0);
  },
);

test('a question that is no JSON does not keep its session in memory', async () => {
  const said: unknown[] = [];
  const endpoint = durableEndpoint({ server: () => createServer(said) });
  const { params } = INITIALIZE;
  const capabilities = { elicitation: {} };
  const opened = await endpoint.post({ ...INITIALIZE, params: { ...params, capabilities } });
  const id = opened.headers.get('mcp-session-id') ?? '';
  await endpoint.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, id);
  const response = await endpoint.post(call(1, 'ask_unasked'), id);
  expect(await messagesOf(response)).toMatchObject([{ id: 1, result: {} }]);
  expect(said).toMatchObject([{ name: 'TypeError' }]);
  expect((await endpoint.runtime.get(id)).info().presences).toBe(0);
  await endpoint.bench.advance(2 * STORED_MS);
  expect(await endpoint.residency(id)).toBe('stored');
});
