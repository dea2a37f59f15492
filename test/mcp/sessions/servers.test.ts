import { Server as ServerV1 } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport as AnyTransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { McpServer, Server, type Transport } from '@modelcontextprotocol/server';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createMcpSessions, type ServerLike, sessionOf } from '../../../src/mcp/sessions/index.ts';
import type { SessionTransport } from '../../../src/mcp/sessions/transport.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { call, INITIALIZE, messagesOf } from './endpoint-under-test.ts';

// Servers of both official SDKs, and of both kinds each.

const INFO = { name: 'server', version: '1.0.0' };
const SCHEMA = { type: 'object' as const };
const TOOLS = { capabilities: { tools: {}, logging: {} } };

interface Seen {
  readonly sessionId: string | undefined;
  readonly authInfo: unknown;
  readonly agent: string | null | undefined;
  readonly path: string | undefined;
}

type Make = (seen: Seen[]) => ServerLike;

const mcpV1: Make = (seen) => {
  const server = new McpServerV1(INFO, { capabilities: { logging: {} } });
  server.registerTool('look', { inputSchema: { x: z.string().optional() } }, async (_, extra) => {
    const { headers, url } = extra.requestInfo ?? { headers: {} };
    seen.push({
      sessionId: extra.sessionId,
      authInfo: extra.authInfo,
      agent: String(headers['user-agent']),
      path: url?.pathname,
    });
    await extra.sendNotification({
      method: 'notifications/message',
      params: { level: 'info', data: sessionOf(extra).id },
    });
    return { content: [] };
  });
  return server;
};

const lowV1: Make = (seen) => {
  const server = new ServerV1(INFO, TOOLS);
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [{ name: 'look', inputSchema: SCHEMA }],
  }));
  server.setRequestHandler(CallToolRequestSchema, async (_, extra) => {
    const { headers, url } = extra.requestInfo ?? { headers: {} };
    seen.push({
      sessionId: extra.sessionId,
      authInfo: extra.authInfo,
      agent: String(headers['user-agent']),
      path: url?.pathname,
    });
    await extra.sendNotification({
      method: 'notifications/message',
      params: { level: 'info', data: sessionOf(extra).id },
    });
    return { content: [] };
  });
  return server;
};

const mcpV2: Make = (seen) => {
  const server = new McpServer(INFO, { capabilities: { logging: {} } });
  server.registerTool('look', {}, async (ctx) => {
    const { req, authInfo } = ctx.http ?? {};
    seen.push({
      sessionId: ctx.sessionId,
      authInfo,
      agent: req?.headers.get('user-agent'),
      path: req && new URL(req.url).pathname,
    });
    await ctx.mcpReq.log('info', sessionOf(ctx).id);
    return { content: [] };
  });
  return server;
};

const lowV2: Make = (seen) => {
  const server = new Server(INFO, TOOLS);
  server.setRequestHandler('tools/list', () => ({
    tools: [{ name: 'look', inputSchema: SCHEMA }],
  }));
  server.setRequestHandler('tools/call', async (_, ctx) => {
    const { req, authInfo } = ctx.http ?? {};
    seen.push({
      sessionId: ctx.sessionId,
      authInfo,
      agent: req?.headers.get('user-agent'),
      path: req && new URL(req.url).pathname,
    });
    await ctx.mcpReq.log('info', sessionOf(ctx).id);
    return { content: [] };
  });
  return server;
};

const endpointOf = (make: Make) => {
  const seen: Seen[] = [];
  const bench = createTestRuntime();
  const endpoint = createMcpSessions({
    runtime: bench.runtime,
    clock: bench.clock,
    authenticate: () => 'ada',
    server: () => make(seen),
  });
  const post = (body: unknown, id?: string): Promise<Response> => {
    const headers = {
      host: 'localhost',
      'user-agent': 'a test',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...(id && { 'mcp-session-id': id }),
    };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const authInfo = { token: 't', clientId: 'c', scopes: [] };
    return endpoint.fetch(new Request('http://localhost/mcp', init), { authInfo });
  };
  return { bench, endpoint, post, seen };
};

test.each([
  ['McpServer of SDK 1.x', mcpV1],
  ['Server of SDK 1.x', lowV1],
  ['McpServer of SDK 2.x', mcpV2],
  ['Server of SDK 2.x', lowV2],
])(
  '%s: shakes hands, lists, is called, says something meanwhile, and has what it relies on',
  async (_, make) => {
    const { bench, endpoint, post, seen } = endpointOf(make);
    const opened = await post(INITIALIZE);
    expect(await opened.json()).toMatchObject({ id: 'init', result: { serverInfo: INFO } });
    const id = opened.headers.get('mcp-session-id') ?? '';
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, id)).status).toBe(
      202,
    );
    const listed = await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' }, id);
    expect(await listed.json()).toMatchObject({ result: { tools: [{ name: 'look' }] } });
    expect(await messagesOf(await post(call(2, 'look'), id))).toMatchObject([
      { method: 'notifications/message', params: { level: 'info', data: id } },
      { id: 2, result: { content: [] } },
    ]);
    expect(seen).toEqual([
      {
        sessionId: id,
        authInfo: { token: 't', clientId: 'c', scopes: [] },
        agent: 'a test',
        path: '/mcp',
      },
    ]);
    const level = { jsonrpc: '2.0', id: 3, method: 'logging/setLevel', params: { level: 'error' } };
    expect(await (await post(level, id)).json()).toMatchObject({ id: 3, result: {} });
    await endpoint.close();
    await bench.close();
  },
);

test('the transport is one of both SDKs, for the compiler too', () => {
  expectTypeOf<SessionTransport>().toExtend<Transport>();
  expectTypeOf<SessionTransport>().toExtend<AnyTransportV1>();
  expectTypeOf<McpServer>().toExtend<ServerLike>();
  expectTypeOf<Server>().toExtend<ServerLike>();
  expectTypeOf<McpServerV1>().toExtend<ServerLike>();
  expectTypeOf<ServerV1>().toExtend<ServerLike>();
});
