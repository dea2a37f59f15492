import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished } from 'vitest';
import { createToolServer } from '../../../src/cli/tools.ts';
import {
  createMcpSessions,
  type McpSessions,
  type SessionContext,
} from '../../../src/mcp/sessions/index.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import type { SessionRecord } from '../../../src/store/contract.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime, type TestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { INITIALIZE, messagesOf } from './endpoint-under-test.ts';

/** So long after its last activity a session is stored, ms. */
export const STORED_MS = 16_000;

/** Makes a server of SDK 2.x. */
export type McpServerFactory = (context: SessionContext) => McpServer | Promise<McpServer>;

/** One making of a server. */
export interface Made {
  readonly server: McpServer;
  readonly id: string;
  readonly restored: boolean;
}

/** What a test may want otherwise. */
export interface DurableOptions {
  /** Instead of the tools of `holdfast serve`. */
  readonly server?: McpServerFactory;
  readonly maxResident?: number;
  readonly requestTimeoutMs?: number;
  /** Default `stream`: a response is there at once, before its handler has answered. */
  readonly answers?: 'auto' | 'stream';
  /** What a sync of the disk takes, ms; default 0: requests are answered without time passing. */
  readonly syncMs?: number;
}

/** An endpoint over a disk that outlives its process, on virtual time, asked without a socket. */
export class DurableEndpoint {
  readonly bench: TestRuntime;
  readonly disk: SimulatedDisk;
  readonly made: Made[] = [];
  readonly errors: unknown[] = [];
  endpoint: McpSessions;
  readonly #server: McpServerFactory;
  readonly #requestTimeoutMs: number | undefined;
  readonly #answers: 'auto' | 'stream';

  constructor(given: DurableOptions) {
    const { server, syncMs = 0, requestTimeoutMs, answers = 'auto', ...options } = given;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#answers = answers;
    const clock = createVirtualClock({ traced: true });
    this.disk = createSimulatedDisk({ clock, syncMs });
    const deadlines = { idleAfterMs: 10_000, hibernateAfterMs: 5_000, idleTimeoutMs: 3_600_000 };
    this.bench = createTestRuntime({ clock, disk: this.disk, deadlines, ...options });
    this.#server =
      server ?? (({ session }) => createToolServer({ session, clock, version: '1.0.0' }));
    this.endpoint = this.#createEndpoint();
  }

  get runtime(): Runtime {
    return this.bench.runtime;
  }

  /** The process is gone, and the next one is over the same disk. */
  crash(): void {
    const { endpoint } = this;
    this.bench.crash();
    this.endpoint = this.#createEndpoint();
    // What is left of it in this process: its streams, which a real one takes along.
    void endpoint.close();
  }

  /** The process is stopped as it should be, and the next one is over the same disk. */
  async restart(): Promise<void> {
    await this.bench.restart();
    await this.endpoint.close();
    this.endpoint = this.#createEndpoint();
  }

  /** Another process comes over the same disk, in which the record of a session is changed. */
  async rewrite(id: string, change: (record: SessionRecord) => object): Promise<void> {
    const { store } = this.bench;
    const record = await store.load(id);
    if (record === null) throw new Error('It is not there.');
    const { token: _token, epoch: _epoch, journalSeq: _seq, ...given } = record;
    await store.remove(record);
    await store.create({ ...given, ...change(record) });
    this.crash();
  }

  /** What a client's `fetch` would be. Without `streams` a GET is answered with 405, as servers may. */
  fetch(streams: boolean): typeof globalThis.fetch {
    return async (input, init) => {
      if (!streams && init?.method === 'GET') return new Response(null, { status: 405 });
      const headers = new Headers(init?.headers);
      headers.set('host', 'localhost');
      return this.endpoint.fetch(new Request(String(input), { ...init, headers }));
    };
  }

  post(body: unknown, id?: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send('POST', { ...(id && { 'mcp-session-id': id }), ...headers }, body);
  }

  /** Opens the stream for what the server says unasked. */
  get(id: string, signal?: AbortSignal): Promise<Response> {
    return this.#send('GET', { 'mcp-session-id': id, accept: 'text/event-stream' }, null, signal);
  }

  delete(id: string): Promise<Response> {
    return this.#send('DELETE', { 'mcp-session-id': id }, null);
  }

  /** A client that has shaken hands. */
  async open(protocolVersion = '2025-11-25'): Promise<string> {
    const params = { ...INITIALIZE.params, protocolVersion };
    const response = await this.post({ ...INITIALIZE, params });
    await messagesOf(response);
    const id = response.headers.get('mcp-session-id') ?? '';
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, id);
    return id;
  }

  /** The same, and so long ago that its session is stored. */
  async openStored(): Promise<string> {
    const id = await this.open();
    await this.rest(id);
    return id;
  }

  /** Lets a session rest until it is stored; fails the test where it is not. */
  async rest(id: string): Promise<void> {
    await this.bench.advance(STORED_MS);
    const { residency } = (await this.runtime.get(id)).info();
    if (residency !== 'stored') throw new Error(`The session is ${residency}.`);
  }

  /** Nothing of any session is left: only the endpoint itself listens to its runtime. */
  expectNothingOfSessions(): void {
    expect(() => this.bench.expectNoLeaks()).toThrow(
      /^Something is left\.\nsubscriptions: runtime\.subscribe$/,
    );
  }

  async residency(id: string): Promise<string> {
    return (await this.runtime.get(id)).info().residency;
  }

  #send(method: string, headers: object, body: unknown, signal?: AbortSignal): Promise<Response> {
    return this.endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }

  #createEndpoint(): McpSessions {
    const requestTimeoutMs = this.#requestTimeoutMs;
    return createMcpSessions({
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
      runtime: this.runtime,
      clock: this.bench.clock,
      answers: this.#answers,
      server: async (context) => {
        const server = await this.#server(context);
        this.made.push({ server, id: context.session.id, restored: context.restored });
        return server;
      },
      onError: (error) => this.errors.push(error),
    });
  }
}

/** Makes one; when the test is over it is closed, and nothing may be left. */
export const durableEndpoint = (options: DurableOptions = {}): DurableEndpoint => {
  const under = new DurableEndpoint(options);
  onTestFinished(async () => {
    await under.endpoint.close();
    await under.bench.close();
    await under.bench.settle();
    under.bench.expectNoLeaks();
  });
  return under;
};

/** A server that logs, and tells what it knows of its client. */
export const createLoggingServer: McpServerFactory = () => {
  const server = new McpServer(
    { name: 'logger', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('log', {}, async ({ mcpReq }) => {
    await mcpReq.log('info', 'as before');
    return { content: [{ type: 'text', text: 'logged' }] };
  });
  server.registerTool('client', {}, () => ({
    content: [
      {
        type: 'text',
        text: JSON.stringify({
          info: server.server.getClientVersion(),
          capabilities: server.server.getClientCapabilities(),
          protocol: server.server.getNegotiatedProtocolVersion(),
        }),
      },
    ],
  }));
  return server;
};
