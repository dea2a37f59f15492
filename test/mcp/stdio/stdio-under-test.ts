import { PassThrough } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { McpServerContext } from '../../../src/mcp/server-factory.ts';
import { sessionOf } from '../../../src/mcp/session-of.ts';
import {
  type McpStdio,
  type McpStdioOptions,
  serveMcpStdio,
} from '../../../src/mcp/stdio/serve-mcp-stdio.ts';
import type { LifecycleEvent } from '../../../src/observe/events.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime, RuntimeOptions } from '../../../src/runtime/runtime.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';

/** One call of the tool `hold`: it answers when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
}

/** A message of the server. */
export interface Answer {
  readonly id?: string | number;
  readonly method?: string;
  readonly result?: { readonly [field: string]: unknown };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A server over a pair of pipes, on virtual time. */
export interface StdioUnderTest {
  readonly clock: VirtualClock;
  readonly runtime: Runtime;
  readonly stdio: McpStdio;
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly events: LifecycleEvent[];
  /** What the factory was called with, in order. */
  readonly contexts: McpServerContext[];
  readonly errors: unknown[];
  readonly held: Held[];
  say(...messages: object[]): void;
  /** The answer to the request of that id. */
  answer(id: string | number): Promise<Answer>;
  /** Says it, and waits for its answer. */
  ask(message: {
    readonly id: string | number;
    readonly [field: string]: unknown;
  }): Promise<Answer>;
  /** What has been answered so far. */
  readonly answers: readonly Answer[];
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: { roots: { listChanged: true } },
    clientInfo: { name: 'tester', version: '1.0.0' },
  },
};

export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** A `tools/call`. */
export const call = (id: string | number, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** The server of these tests. */
export const createServer = (context: McpServerContext, held: Held[]): McpServer => {
  const server = new McpServer({ name: 'under-test', version: '1.0.0' });
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) =>
    say(text),
  );
  server.registerTool('whoami', {}, () =>
    say(context.session === null ? 'nobody' : context.session.id),
  );
  server.registerTool('mine', {}, (ctx) => say(sessionOf(ctx).id));
  server.registerTool('hold', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      held.push({ signal: mcpReq.signal, answer: (text) => resolve(say(text)) });
    });
  });
  return server;
};

/** Starts one; it is closed when the test is over. */
export const stdioUnderTest = (
  runtimeOptions: RuntimeOptions = {},
  options: Partial<McpStdioOptions> = {},
): StdioUnderTest => {
  const clock = createVirtualClock();
  const runtime = createRuntime({ clock, ...runtimeOptions });
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const events: LifecycleEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  const [contexts, errors, held]: [McpServerContext[], unknown[], Held[]] = [[], [], []];
  const stdio = serveMcpStdio({
    runtime,
    server: (context) => {
      contexts.push(context);
      return createServer(context, held);
    },
    stdin,
    stdout,
    clock,
    onError: (error) => errors.push(error),
    ...options,
  });
  onTestFinished(async () => {
    await stdio.close();
    await runtime.close();
  });
  const { answers, answer } = readAnswers(stdout);
  const say = (...messages: object[]): void => {
    stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  };
  return {
    ...{ clock, runtime, stdio, stdin, stdout, events, contexts, errors, held, answers, answer },
    say,
    ask: (message) => {
      say(message);
      return answer(message.id);
    },
  };
};

/** What a server has answered, and what it will. */
export interface StdioAnswers {
  readonly answers: readonly Answer[];
  /** The answer to the request of that id. */
  answer(id: string | number): Promise<Answer>;
}

/** Reads what a server writes. */
export const readAnswers = (stdout: PassThrough): StdioAnswers => {
  const answers: Answer[] = [];
  const waiting = new Map<string | number, (answer: Answer) => void>();
  let rest = '';
  stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      answers.push(answer);
      if (answer.id !== undefined && answer.method === undefined) waiting.get(answer.id)?.(answer);
    }
  });
  const answer = (id: string | number): Promise<Answer> =>
    new Promise((resolve) => {
      const there = answers.find((each) => each.id === id && each.method === undefined);
      if (there === undefined) waiting.set(id, resolve);
      else resolve(there);
    });
  return { answers, answer };
};
