import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createMcpEndpoint } from '../../src/mcp/endpoint.ts';
import type { McpServerContext } from '../../src/mcp/server-factory.ts';
import { createMcpSessions } from '../../src/mcp/sessions/index.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { dualEndpoint, modernRequest } from './modern/dual-endpoint.ts';
import { createServer } from './modern/plain-server.ts';

const INFO = { name: 'tester', version: '1.0.0' };

interface Connected {
  whoami(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

type CallTool = (call: { name: string }) => Promise<unknown>;

const asked = async (callTool: CallTool): Promise<Record<string, unknown>> => {
  const { content } = (await callTool({ name: 'whoami' })) as { content: { text: string }[] };
  return JSON.parse(content[0]?.text ?? '');
};

const connectV1 = async (url: URL): Promise<Connected> => {
  const client = new ClientV1(INFO);
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(new TransportV1(url) as Parameters<ClientV1['connect']>[0]);
  return {
    whoami: () => asked((call) => client.callTool(call)),
    close: () => client.close(),
  };
};

type Mode = 'legacy' | 'auto' | { pin: '2026-07-28' };

const connectV2 =
  (mode: Mode) =>
  async (url: URL, headers: Record<string, string> = {}): Promise<Connected> => {
    const client = new Client(INFO, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    return {
      whoami: () => asked((call) => client.callTool(call)),
      close: () => client.close(),
    };
  };

test.each([
  ['1.x', connectV1, 'legacy'],
  ['2.x', connectV2('legacy'), 'legacy'],
  ['2.x, auto', connectV2('auto'), 'modern'],
  ['2.x, pinned', connectV2({ pin: '2026-07-28' }), 'modern'],
] as const)('one address serves the official client %s', async (_, connect, era) => {
  const { url, runtime, endpoint, contexts, errors } = await dualEndpoint();
  const client = await connect(url);
  const told = await client.whoami();
  expect(told['era']).toBe(era);
  if (era === 'legacy') {
    const [session] = (await runtime.list()).sessions;
    expect(told).toMatchObject({ session: session?.id, sessionId: session?.id });
    expect(endpoint.connections).toBe(1);
  } else {
    expect(told).toMatchObject({ session: null, sessionId: null });
    expect(runtime.stats().created).toBe(0);
    expect(contexts.every((context) => context.session === null && !context.restored)).toBe(true);
  }
  expect(errors).toEqual([]);
  await client.close();
});

test('who asks is found out once, before either era, and told to the factory', async () => {
  const authenticate = (request: Request) => {
    const name = request.headers.get('authorization');
    return name === null ? new Response('Who are you?', { status: 401 }) : name;
  };
  const { url, contexts } = await dualEndpoint({ authenticate });
  for (const mode of ['legacy', { pin: '2026-07-28' }] as const) {
    const client = await connectV2(mode)(url, { authorization: 'ada' });
    expect(await client.whoami()).toMatchObject({ principal: 'ada' });
    await client.close();
  }
  expect(new Set(contexts.map(({ principal }) => principal))).toEqual(new Set(['ada']));
  const made = contexts.length;
  for (const init of [modernRequest('tools/list'), { method: 'GET' }, { method: 'DELETE' }]) {
    expect((await fetch(url, init)).status).toBe(401);
  }
  expect(contexts).toHaveLength(made);
});

test('a Host or an Origin that is not listed gets no further, in either era', async () => {
  const runtime = createRuntime();
  const server = (): never => {
    throw new Error('not asked for');
  };
  const options = { allowedHosts: ['mcp.example'], onError: () => undefined };
  const endpoint = createMcpEndpoint({ runtime, server, ...options });
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
  });
  const ask = (host: string, origin: string, init = modernRequest('tools/list')) => {
    const headers = { ...init.headers, host, origin };
    return endpoint.fetch(new Request('http://mcp.example/mcp', { ...init, headers }));
  };
  expect((await ask('localhost', 'http://localhost')).status).toBe(403);
  expect((await ask('mcp.example', 'http://evil.example')).status).toBe(403);
  expect((await ask('mcp.example', 'http://localhost')).status).toBe(500);
});

test.each([undefined, '2025-11-25', '2026-07-28', '9999-01-01'])(
  'JSON that is no message, by a client of %s: 400, and nobody is told',
  async (version) => {
    const { url, errors } = await dualEndpoint();
    const named = version === undefined ? {} : { 'mcp-protocol-version': version };
    for (const body of ['null', '5', '"x"', 'true', '[]', '[null]', '[[]]', '{}']) {
      const init = { method: 'POST', headers: { ...JSON_HEADERS, ...named }, body };
      const response = await fetch(url, init);
      expect([body, response.status]).toEqual([body, 400]);
      await response.text();
    }
    expect(errors).toEqual([]);
  },
);

test('what goes wrong inside is a 500, and the operator is told', async () => {
  const { endpoint, errors } = await dualEndpoint();
  const { headers, ...init } = modernRequest('tools/list');
  const request = new Request('http://localhost/mcp', {
    ...init,
    headers: { ...(headers as Record<string, string>), host: 'localhost' },
  });
  // A body as a parser may leave it that is not of JSON.
  const parsedBody = {
    get jsonrpc(): never {
      throw new Error('not of JSON');
    },
  };
  Object.defineProperty(parsedBody, 'jsonrpc', { enumerable: false });
  expect((await endpoint.fetch(request, { parsedBody })).status).toBe(500);
  expect(errors).toMatchObject([{ message: 'not of JSON' }]);
});

test('while the runtime drains: 503 and Retry-After in both eras; once closed, too', async () => {
  const { url, runtime, endpoint } = await dualEndpoint();
  const legacy = { ...modernRequest('initialize'), headers: { ...JSON_HEADERS } };
  const INITIALIZE = {
    ...legacy,
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO },
    }),
  };
  const refused = async () => {
    for (const init of [INITIALIZE, modernRequest('tools/list')]) {
      const response = await fetch(url, init);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      await response.text();
    }
  };
  await runtime.drain();
  await refused();
  await endpoint.close();
  await refused();
});

const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

test('the sessionful part stands beside a handler of the SDK, in two lines', async () => {
  const runtime = createRuntime();
  onTestFinished(async () => void (await runtime.close()));
  const sessions = createMcpSessions({ runtime, server: createServer });
  const modern = createMcpHandler(createServer, { legacy: 'reject' });
  const answer = async (request: Request) =>
    (await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request);

  const asFetch: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('host', 'localhost');
    return answer(new Request(String(input), { ...init, headers }));
  };
  for (const [mode, era] of [
    ['legacy', 'legacy'],
    [{ pin: '2026-07-28' }, 'modern'],
  ] as const) {
    const client = new Client(INFO, { versionNegotiation: { mode } });
    const url = new URL('http://localhost/mcp');
    await client.connect(new StreamableHTTPClientTransport(url, { fetch: asFetch }));
    expect(await client.callTool({ name: 'era' })).toMatchObject({ content: [{ text: era }] });
    await client.close();
  }
  expect(runtime.stats().created).toBe(1);
  await sessions.close();
  await modern.close();
});

test('a factory is told which era it serves, and its types with it', () => {
  const sessionIn = (context: McpServerContext): string =>
    context.era === 'legacy' ? context.session.id : String(context.session);
  expect(sessionIn({ era: 'modern', session: null, restored: false, principal: null })).toBe(
    'null',
  );
});
