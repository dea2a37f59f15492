import { McpServer } from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  createMcpSessions,
  type McpSessions,
  type McpSessionsOptions,
} from '../../../src/mcp/sessions/index.ts';
import type { LifecycleEvent } from '../../../src/observe/events.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime, RuntimeOptions } from '../../../src/runtime/runtime.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';

/** One call of the tool `hold`: it answers when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
}

/** An endpoint on virtual time, asked without a socket. */
export interface EndpointUnderTest {
  readonly clock: VirtualClock;
  readonly runtime: Runtime;
  readonly endpoint: McpSessions;
  readonly events: LifecycleEvent[];
  /** The servers the factory made, in order. */
  readonly servers: McpServer[];
  readonly errors: unknown[];
  /** Calls of `hold`, in order. */
  readonly held: Held[];
  send(method: string, headers?: Record<string, string>, body?: string): Promise<Response>;
  post(body: unknown, id?: string, signal?: AbortSignal): Promise<Response>;
  /** A client that has shaken hands. */
  open(): Promise<string>;
}

/** An `initialize` as clients send it. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'tester', version: '1.0.0' },
  },
};

/** A `tools/call`. */
export const call = (id: string | number, name: string, args: Record<string, unknown> = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** The JSON-RPC messages of an answer, whether it is a stream or JSON. Waits for its end. */
export const messagesOf = async (response: Response): Promise<unknown[]> => {
  const text = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return [JSON.parse(text)].flat();
  }
  return (
    text
      .split('\n')
      // One without data marks where to resume.
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)))
  );
};

/**
 * For tests that look at a response before its handler has answered: so it is there at once. Everything else runs in
 * `auto`, as it does for users.
 */
export const STREAM = { answers: 'stream' } as const;

const POST_HEADERS = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

const createServer = (held: Held[]): McpServer => {
  const server = new McpServer({ name: 'under-test', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  server.registerTool('hold', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      held.push({
        signal: mcpReq.signal,
        answer: (text) => resolve({ content: [{ type: 'text', text }] }),
      });
    });
  });
  return server;
};

/** Starts one; it is closed when the test is over. */
export const endpointUnderTest = (
  runtimeOptions: RuntimeOptions = {},
  endpointOptions: Partial<McpSessionsOptions> = {},
): EndpointUnderTest => {
  const clock = createVirtualClock();
  const runtime = createRuntime({ clock, ...runtimeOptions });
  const events: LifecycleEvent[] = [];
  const servers: McpServer[] = [];
  const errors: unknown[] = [];
  const held: Held[] = [];
  runtime.subscribe((event) => events.push(event));
  const endpoint = createMcpSessions({
    runtime,
    clock,
    server: () => {
      const server = createServer(held);
      servers.push(server);
      return server;
    },
    onError: (error) => errors.push(error),
    ...endpointOptions,
  });
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
  });
  const send: EndpointUnderTest['send'] = (method, headers = {}, body) =>
    endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        headers: { host: 'localhost', ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    );
  const post: EndpointUnderTest['post'] = (body, id, signal) =>
    endpoint.fetch(
      new Request('http://localhost/mcp', {
        method: 'POST',
        headers: { ...POST_HEADERS, ...(id === undefined ? {} : { 'mcp-session-id': id }) },
        body: JSON.stringify(body),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  const open = async (): Promise<string> => {
    const response = await post(INITIALIZE);
    await messagesOf(response);
    const id = response.headers.get('mcp-session-id') ?? '';
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, id);
    return id;
  };
  return { clock, runtime, endpoint, events, servers, errors, held, send, post, open };
};
