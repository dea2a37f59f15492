import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  inputRequired,
  McpServer,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createMcpEndpoint, type McpEndpoint } from '../../../src/mcp/endpoint.ts';
import { createHandles, type Handles } from '../../../src/mcp/handles/handles.ts';
import { createRequestState } from '../../../src/mcp/handles/request-state.ts';
import type { McpServerContext } from '../../../src/mcp/server-factory.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import type { Store } from '../../../src/store/contract.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime, type TestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { INITIALIZE, messagesOf } from '../sessions/endpoint-under-test.ts';
import { Reading } from '../sessions/reading.ts';

/** Who asks: somebody with an account of their own, or nobody in particular. */
export type Caller = string | null;

/** What the sessions are kept in. */
export type Kept = 'on disk' | 'in memory';

/** A call of the tool `hold`: it answers when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
}

/** All there is of an answer, but for the date, which a server adds. */
export interface Bytes {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** A session rests for so long before it is put away, ms. */
export const STORED_MS = 16_000;

const DEADLINES = { idleAfterMs: 10_000, hibernateAfterMs: 5_000, idleTimeoutMs: 3_600_000 };
const QUESTION = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };

/** A record as a version to come may write it. */
const NEWER = { schema: RECORD_SCHEMA + 1, session: { entirely: 'other' } };

/** What a call of a store is about. */
const idOf = (given: unknown): unknown =>
  typeof given === 'object' && given !== null && 'id' in given ? given.id : given;

/** Notes the names of the calls, in order. */
const noted = <T extends object>(target: T, calls: string[], owner: string): T =>
  new Proxy(target, {
    get: (from, name) => {
      const value: unknown = Reflect.get(from, name, from);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        calls.push(`${owner}.${String(name)}`);
        return Reflect.apply(value, from, given);
      };
    },
  });

/** One endpoint for both eras that several principals ask; every look-up of theirs is noted. */
export class AttackedEndpoint {
  readonly bench: TestRuntime;
  readonly endpoint: McpEndpoint;
  readonly held: Held[] = [];
  /** The servers that were made, in order, by what for. */
  readonly made: McpServerContext[] = [];
  readonly errors: unknown[] = [];
  readonly #lookups: string[] = [];
  /** What waits, when it is called. */
  #stalling: { readonly method: keyof Store; readonly id: string } | null = null;
  #proceed: () => void = () => undefined;
  readonly #spoilt = new Set<string>();
  #closing: Promise<void> | null = null;

  constructor(kept: Kept) {
    const clock = createVirtualClock({ traced: true });
    const inner: Store =
      kept === 'on disk' ? createSimulatedDisk({ clock, syncMs: 0 }).open() : createMemoryStore();
    const store = noted(this.#behind(inner), this.#lookups, 'store');
    this.bench = createTestRuntime({ clock, store, deadlines: DEADLINES });
    const runtime = this.#watched(this.bench.runtime);
    const carts = createHandles({ runtime, name: 'cart', describe: 'a shopping cart', clock });
    this.endpoint = createMcpEndpoint({
      runtime,
      clock,
      answers: 'stream',
      authenticate: (request) => request.headers.get('x-principal'),
      server: (context) => {
        this.made.push(context);
        return createServer(context, carts, this.held);
      },
      onError: (error) => this.errors.push(error),
    });
    onTestFinished(() => this.close());
  }

  get runtime(): Runtime {
    return this.bench.runtime;
  }

  /** What was asked of the runtime and of its store since the last time, in order. */
  takeLookups(): readonly string[] {
    return this.#lookups.splice(0);
  }

  /** The next such call about a session waits until the test is over: so that stays in the middle of what needs it. */
  stallNext(method: keyof Store, id: string): void {
    this.#stalling = { method, id };
  }

  /** From now on its record is one of a newer version, which nobody can read here. */
  spoil(id: string): void {
    this.#spoilt.add(id);
  }

  /** A request as whoever: with `headers` in place of those a client sends. */
  send(
    caller: Caller,
    method: string,
    headers: Readonly<Record<string, string>> = {},
    body?: unknown,
  ): Promise<Response> {
    return this.endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(caller === null ? {} : { 'x-principal': caller }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  }

  /** A client that has shaken hands, and can be asked questions. */
  async open(caller: Caller): Promise<string> {
    const params = { ...INITIALIZE.params, capabilities: { elicitation: {} } };
    const opened = await this.send(caller, 'POST', {}, { ...INITIALIZE, params });
    const id = opened.headers.get('mcp-session-id') ?? '';
    await messagesOf(opened);
    const notice = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await this.send(caller, 'POST', { 'mcp-session-id': id }, notice);
    return id;
  }

  /** Calls a tool as a client of the revision without sessions. */
  modern(
    caller: Caller,
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const meta = {
      [PROTOCOL_VERSION_META_KEY]: '2026-07-28',
      [CLIENT_CAPABILITIES_META_KEY]: { elicitation: { form: {} } },
      [CLIENT_INFO_META_KEY]: { name: 'raw', version: '1.0.0' },
    };
    const params = { name: tool, arguments: args, ...more, _meta: meta };
    return this.send(
      caller,
      'POST',
      {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': tool,
        ...headers,
      },
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
    );
  }

  /** All there is of an answer; of a stream that goes on, what has come so far. */
  async bytesOf(response: Response): Promise<Bytes> {
    const { status } = response;
    const headers = [...response.headers].filter(([name]) => name !== 'date');
    if (response.body === null) return { status, headers, body: '' };
    const reading = new Reading(response);
    await this.bench.settle();
    return { status, headers, body: reading.text };
  }

  #behind(store: Store): Store {
    return new Proxy(store, {
      get: (from, name) => {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          const ask = (): unknown => Reflect.apply(value, from, given);
          if (name === 'load' && this.#spoilt.has(String(given[0]))) {
            return from.load(String(given[0])).then((record) => record && { ...record, ...NEWER });
          }
          const { method, id } = this.#stalling ?? {};
          if (name !== method || idOf(given[0]) !== id) return ask();
          this.#stalling = null;
          return new Promise<void>((resolve) => {
            this.#proceed = resolve;
          }).then(ask);
        };
      },
    });
  }

  #watched(runtime: Runtime): Runtime {
    return new Proxy(runtime, {
      get: (from, name) => {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, from, given);
          if (name !== 'as') return result;
          this.#lookups.push('runtime.as');
          return noted(result as object, this.#lookups, 'caller'); // What `as` gives is an object.
        };
      },
    });
  }

  /** Closes it, and finds nothing left. Twice is once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const { answer } of this.held) answer('over');
    this.#proceed();
    await this.bench.advance(1_000);
    await this.endpoint.close();
    await this.bench.close();
    await this.bench.settle();
    this.bench.expectNoLeaks();
  }
}

const STATE = createRequestState<{ readonly secret: string }>({
  key: 'a key of at least thirty-two bytes, for tests',
  principal: ({ http }) => http?.req?.headers.get('x-principal') ?? null,
});

const createServer = ({ session }: McpServerContext, carts: Handles, held: Held[]): McpServer => {
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  const server = new McpServer(
    { name: 'under-test', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } }, requestState: { verify: STATE.verify } },
  );
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) =>
    say(text),
  );
  server.registerTool('hold', {}, ({ mcpReq }) => {
    return new Promise((resolve) => {
      held.push({ signal: mcpReq.signal, answer: (text) => resolve(say(text)) });
    });
  });
  server.registerTool('ask_later', {}, () => {
    server.server.elicitInput(QUESTION).catch(() => undefined);
    return say(session?.id ?? '');
  });
  server.registerTool('announce', {}, async () => {
    await server.server.sendToolListChanged();
    return say('announced');
  });
  server.registerTool('sealed', {}, async (ctx) => {
    const known = STATE.read(ctx);
    if (known !== undefined) return say(known.secret);
    const sure = inputRequired.elicit({
      message: 'Sure?',
      requestedSchema: z.object({ yes: z.boolean() }),
    });
    const requestState = await STATE.mint({ secret: 'ada’s own' }, ctx);
    return inputRequired({ inputRequests: { sure }, requestState });
  });
  carts.register(server, { list: true, extend: true });
  carts.registerTool(server, 'cart_use', {}, async (cart) => say(`used ${cart.id}`));
  return server;
};
