import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type DurableEndpoint, durableEndpoint, STORED_MS } from '../sessions/durable-endpoint.ts';
import { Reading } from '../sessions/reading.ts';

/** A call of the tool `hold`: it answers, or says something, when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
  progress(done: number): Promise<void>;
}

/** What a sync of the disk takes, ms: every step of the runtime has a before, a during and an after. */
export const SYNC_MS = 20;

export const REVISION = { 'mcp-protocol-version': '2025-11-25' };

/** The notification a server sends with `sendToolListChanged`. */
export const LIST_CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

/** An endpoint over a slow disk, whose server calls out what it is asked, in order. */
export class Racing {
  readonly under: DurableEndpoint;
  readonly held: Held[] = [];
  /** What the tools `mark` and `hold` were called with, in order. */
  readonly called: string[] = [];
  /** Servers that were closed, by their place among those made. */
  readonly closed: number[] = [];
  #made = 0;

  constructor(syncMs = SYNC_MS) {
    this.under = durableEndpoint({ syncMs, server: () => this.#server(), answers: 'auto' });
  }

  /** What is asked for, once the disk has answered all of it. */
  async during<T>(asked: Promise<T>, ms = 400): Promise<T> {
    asked.catch(() => undefined);
    await this.under.bench.advance(ms);
    return asked;
  }

  /** A client that has shaken hands. */
  open(protocolVersion?: string): Promise<string> {
    return this.during(this.under.open(protocolVersion));
  }

  /** The same, whose session is stored. */
  async openStored(): Promise<string> {
    const id = await this.open();
    await this.rest(id);
    return id;
  }

  async rest(id: string): Promise<void> {
    await this.under.bench.advance(STORED_MS + 1_000);
    const residency = await this.under.residency(id);
    if (residency !== 'stored') throw new Error(`The session is ${residency}.`);
  }

  /** Lets sessions rest until so many are in the middle of being put away. */
  async untilHibernating(count: number): Promise<void> {
    const hibernating = () => this.under.runtime.stats().byResidency.hibernating;
    for (let ms = 0; ms < 2 * STORED_MS && hibernating() < count; ms += 1) {
      await this.under.bench.advance(1);
    }
    if (hibernating() < count) throw new Error('None was put away.');
  }

  /** The stream for what the server says unasked, of a client that can resume it. */
  async listen(id: string, lastEventId?: string): Promise<Reading> {
    const reading = new Reading(await this.during(this.get(id, lastEventId), 0));
    await this.under.bench.settle();
    return reading;
  }

  get(id: string, lastEventId?: string): Promise<Response> {
    return this.under.endpoint.fetch(
      new Request('http://localhost/mcp', {
        headers: {
          host: 'localhost',
          accept: 'text/event-stream',
          'mcp-session-id': id,
          ...REVISION,
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
      }),
    );
  }

  /** Whichever server of the session lives now says that its tools have changed. */
  async say(): Promise<void> {
    await this.under.made.at(-1)?.server.sendToolListChanged();
    await this.under.bench.settle();
  }

  #server(): McpServer {
    const at = this.#made;
    this.#made += 1;
    const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
    const server = new McpServer(
      { name: 'racing', version: '1.0.0' },
      { capabilities: { tools: { listChanged: true } } },
    );
    server.server.onclose = () => void this.closed.push(at);
    server.registerTool('mark', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => {
      this.called.push(text);
      return say(text);
    });
    server.registerTool('hold', {}, ({ mcpReq }) => {
      this.called.push('hold');
      return new Promise((resolve) => {
        this.held.push({
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
  }
}

/** A call of `hold` that wants to hear how far it is. */
export const hold = (id: string | number) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'hold', arguments: {}, _meta: { progressToken: 'p' } },
});

/** The progress that was told on a stream. */
export const progressIn = (reading: Reading): unknown[] =>
  reading.messages.flatMap(({ method, params }) =>
    method === 'notifications/progress' ? [(params as { progress: unknown }).progress] : [],
  );
