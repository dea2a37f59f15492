import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  McpServer,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import {
  createMcpEndpoint,
  type McpEndpoint,
  type McpEndpointOptions,
} from '../../../src/mcp/endpoint.ts';
import type { McpServerContext } from '../../../src/mcp/server-factory.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime, RuntimeOptions } from '../../../src/runtime/runtime.ts';

/** One call of the tool `hold`: it answers when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
  progress(done: number): Promise<void>;
}

/** An endpoint for both eras, on a real socket. */
export interface DualEndpoint {
  readonly runtime: Runtime;
  readonly endpoint: McpEndpoint;
  readonly url: URL;
  /** What the factory was called with, in order. */
  readonly contexts: McpServerContext[];
  readonly errors: unknown[];
  readonly held: Held[];
}

const ECHO = z.object({ text: z.string() });

/** A server that tells what it was made from. */
const createServer = (context: McpServerContext, held: Held[]): McpServer => {
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  const server = new McpServer(
    { name: 'under-test', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.registerTool('echo', { inputSchema: ECHO }, ({ text }) => say(text));
  server.registerTool('whoami', {}, ({ http, sessionId }) =>
    say(
      JSON.stringify({
        era: context.era,
        session: context.session?.id ?? null,
        sessionId: sessionId ?? null,
        principal: context.principal,
        authInfo: http?.authInfo ?? null,
      }),
    ),
  );
  server.registerTool('hold', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      held.push({
        signal: mcpReq.signal,
        answer: (text) => resolve(say(text)),
        progress: (progress) =>
          mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken: mcpReq._meta?.progressToken ?? 'none', progress },
          }),
      });
    });
  });
  return server;
};

/** Starts one; it is closed when the test is over. */
export const dualEndpoint = async (
  options: Partial<McpEndpointOptions> = {},
  runtimeOptions: RuntimeOptions = {},
): Promise<DualEndpoint> => {
  const runtime = createRuntime(runtimeOptions);
  const [contexts, errors, held]: [McpServerContext[], unknown[], Held[]] = [[], [], []];
  const endpoint = createMcpEndpoint({
    runtime,
    server: (context) => {
      contexts.push(context);
      return createServer(context, held);
    },
    onError: (error) => errors.push(error),
    ...options,
  });
  const server = createHttpServer(toNodeHandler(endpoint));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/mcp`);
  return { runtime, endpoint, url, contexts, errors, held };
};

/** A request of the 2026-07-28 revision, as raw as can be: `headers` and `meta` go over those that are right. */
export const modernRequest = (
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): RequestInit => {
  const name = params['name'];
  const meta = {
    [PROTOCOL_VERSION_META_KEY]: '2026-07-28',
    [CLIENT_CAPABILITIES_META_KEY]: {},
    [CLIENT_INFO_META_KEY]: { name: 'raw', version: '1.0.0' },
  };
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } }),
  };
};
