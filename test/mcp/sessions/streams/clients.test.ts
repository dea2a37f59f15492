import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, test } from 'vitest';
import { keepAlives } from '../../../../src/mcp/sessions/streams/keep-alive.ts';
import type { MessageStream } from '../../../../src/mcp/sessions/streams/message-stream.ts';
import { OpenStreams } from '../../../../src/mcp/sessions/streams/open-streams.ts';
import { patience } from '../../../../src/mcp/sessions/streams/outbox.ts';
import { isPingId } from '../../../../src/mcp/sessions/streams/presence.ts';
import { SessionStreams } from '../../../../src/mcp/sessions/streams/session-streams.ts';
import { Tick } from '../../../../src/mcp/sessions/streams/tick.ts';
import { createVirtualClock } from '../../../../src/time/virtual-clock.ts';

const REVISION = '2025-11-25';
const WINDOW_MS = 10_000;

interface Rpc {
  readonly id?: number | string;
  readonly method?: string;
}

/** What a client sees of a session: its streams, and the least of a server. */
const serverOf = (call: (stream: MessageStream, id: Rpc['id']) => void) => {
  const clock = createVirtualClock();
  const tick = new Tick(clock);
  const open = new OpenStreams({ tick, pingWindowMs: WINDOW_MS });
  const options = { sessionId: 'ses', keepAlives: keepAlives(tick), full: patience(tick) };
  const session = {
    id: 'ses',
    attach: () => () => undefined,
    beats: 0,
    beat() {
      session.beats += 1;
    },
  };
  const server = {
    clock,
    open,
    session,
    streams: new SessionStreams(options),
    /** What each GET was answered with. */
    gets: [] as (number | 'standing')[],
    forget() {
      server.streams = new SessionStreams(options);
    },
    async fetch(_url: unknown, init: RequestInit = {}): Promise<Response> {
      const last = new Headers(init.headers).get('last-event-id');
      if (init.method === 'GET') return get(last);
      const { id, method } = JSON.parse(String(init.body)) as Rpc;
      if (method === undefined) expect(isPingId(id) && open.pong(session, id)).toBe(true);
      if (id === undefined || method === undefined) return new Response(null, { status: 202 });
      if (method === 'ping') return Response.json({ jsonrpc: '2.0', id, result: {} });
      if (method === 'initialize') return initialized(id);
      const stream = server.streams.post({ priming: true, retryMs: 1 });
      const response = stream.response();
      call(stream, id);
      return response;
    },
  };
  const get = (last: string | null): Response => {
    const resumed = last === null ? 'standing' : server.streams.resume(last);
    server.gets.push(resumed === 'standing' ? resumed : resumed.status);
    if (resumed !== 'standing') return resumed;
    const { standing } = server.streams;
    return open.open(session, {
      replay: last === null ? null : standing.after(last),
      mark: standing.mark(),
    });
  };
  return server;
};

const initialized = (id: Rpc['id']): Response => {
  const result = {
    protocolVersion: REVISION,
    capabilities: { tools: {} },
    serverInfo: { name: 's', version: '1' },
  };
  return Response.json({ jsonrpc: '2.0', id, result }, { headers: { 'mcp-session-id': 'ses' } });
};

const URL_OF_NOBODY = new URL('http://127.0.0.1/mcp');
const RECONNECT = {
  initialReconnectionDelay: 1,
  maxReconnectionDelay: 1,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 2,
};
const INFO = { name: 'client', version: '1' };

const CLIENTS = {
  'SDK 1.x': async (fetch: ReturnType<typeof serverOf>['fetch']) => {
    const client = new ClientV1(INFO);
    const options = { fetch, reconnectionOptions: RECONNECT };
    // Its optional session id is a type of its own under exactOptionalPropertyTypes.
    await client.connect(
      new TransportV1(URL_OF_NOBODY, options) as Parameters<ClientV1['connect']>[0],
    );
    return client;
  },
  'SDK 2.x': async (fetch: ReturnType<typeof serverOf>['fetch']) => {
    const client = new ClientV2(INFO);
    await client.connect(new TransportV2(URL_OF_NOBODY, { fetch, reconnectionOptions: RECONNECT }));
    return client;
  },
};
const tools = (id: Rpc['id']) => ({ jsonrpc: '2.0', id, result: { tools: [] } });
const error = (id: Rpc['id']) => ({ jsonrpc: '2.0', id, error: { code: -32_000, message: 'no' } });

/** Long enough for a client that comes again to have done so. */
const longEnough = async (client: { ping(): Promise<unknown> }): Promise<void> => {
  for (let n = 0; n < 20; n += 1) {
    await client.ping();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

for (const [name, connect] of Object.entries(CLIENTS)) {
  test(`${name}: a stream that is cut is resumed, and answered once`, async () => {
    const server = serverOf((stream, id) => {
      stream.cut(1);
      stream.send(tools(id), 'answer');
      stream.end();
    });
    const client = await connect(server.fetch);
    expect(await client.listTools()).toMatchObject({ tools: [] });
    await longEnough(client);
    expect(server.gets).toEqual(['standing', 200]);
    await client.close();
  });

  test(`${name}: one that is cut again before there is an answer is resumed again`, async () => {
    const waiting: { readonly stream: MessageStream; readonly id: Rpc['id'] }[] = [];
    const server = serverOf((stream, id) => waiting.push({ stream, id }));
    const client = await connect(server.fetch);
    const call = client.listTools();
    for (let time = 0; time < 3; time += 1) {
      await longEnough(client);
      waiting[0]?.stream.cut(1);
    }
    waiting[0]?.stream.send(tools(waiting[0].id), 'answer');
    waiting[0]?.stream.end();
    expect(await call).toMatchObject({ tools: [] });
    expect(server.gets).toEqual(['standing', 200, 200, 200]);
    await client.close();
  });

  test(`${name}: a streamed error ends its call, and its client comes no more than once after it`, async () => {
    const server = serverOf((stream, id) => {
      stream.send(error(id), 'answer');
      stream.end();
    });
    const client = await connect(server.fetch);
    await expect(client.listTools()).rejects.toThrow('no');
    await longEnough(client);
    // Neither in a circle, nor in the place of the standing stream.
    expect(server.gets.filter((one) => one === 'standing')).toHaveLength(1);
    expect(server.gets.length).toBeLessThanOrEqual(2);
    expect(server.open.size).toBe(1);
    await client.close();
  });

  test(`${name}: after a crash its standing stream is there once, and what was cut is given up`, async () => {
    const server = serverOf((stream) => {
      server.forget();
      // The connection breaks.
      stream.cut();
    });
    const client = await connect(server.fetch);
    const call = client.listTools(undefined, { timeout: 100 }).catch((reason: unknown) => reason);
    await longEnough(client);
    server.open.closeOf('ses');
    await longEnough(client);
    expect(await call).toBeInstanceOf(Error);
    expect(server.gets).toEqual(['standing', 204, 'standing']);
    expect(server.open.size).toBe(1);
    await client.close();
  });

  test(`${name}: what the server says while the standing stream is gone is heard after it`, async () => {
    const server = serverOf(() => undefined);
    const client = await connect(server.fetch);
    const heard: unknown[] = [];
    client.fallbackNotificationHandler = async ({ params }) => void heard.push(params?.['n']);
    const say = (n: number): void => {
      const json = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/own', params: { n } });
      server.open.write('ses', server.streams.standing.push(json), json);
    };
    say(1);
    for (let n = 2; n < 8; n += 2) {
      await longEnough(client);
      server.open.closeOf('ses');
      // It comes again, is told nothing, and is gone once more.
      await longEnough(client);
      server.open.closeOf('ses');
      say(n);
      say(n + 1);
    }
    await longEnough(client);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await client.close();
  });

  test(`${name}: answers a ping, and that is a beat`, async () => {
    const server = serverOf(() => undefined);
    const client = await connect(server.fetch);
    await longEnough(client);
    await server.clock.advance(WINDOW_MS);
    await longEnough(client);
    expect(server.session.beats).toBe(1);
    await client.close();
  });
}
