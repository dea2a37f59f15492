import { setImmediate } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  createHandles,
  type Handles,
  type HandlesOptions,
} from '../../../src/mcp/handles/handles.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Runtime, RuntimeOptions } from '../../../src/runtime/runtime.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';

/** A cart is the list of what is in it. */
export const CART = z
  .object({ owner: z.string().default('nobody'), items: z.array(z.string()).default([]) })
  .prefault({});
type Cart = z.output<typeof CART>;
type CartInput = z.input<typeof CART>;
const OPENING = z.object({ owner: z.string().optional() });

export type Carts = Handles<Cart, typeof OPENING>;

/** What one call was answered with. */
export interface Answer {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
  /** Byte for byte. */
  readonly raw: string;
}

/** A client of one principal, and what it can do. */
export interface Shopper {
  readonly client: Client;
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<Answer>;
  /** Opens a cart. */
  open(args?: Record<string, unknown>): Promise<string>;
}

/** One call of `cart_hold`: it answers when the test lets it. */
export interface Held {
  readonly signal: AbortSignal;
  answer(text: string): void;
}

/** Carts behind an endpoint of the revision without sessions, on virtual time, asked without a socket. */
export interface CartsUnderTest {
  readonly clock: VirtualClock;
  readonly runtime: Runtime<Cart, CartInput>;
  readonly carts: Carts;
  readonly held: Held[];
  /** What `onError` of the handles heard. */
  readonly errors: unknown[];
  /** A client; `null` is one that nobody authenticated. Without a factory of its own, of the carts' server. */
  shopper(principal: string | null, server?: () => McpServer): Promise<Shopper>;
  close(): Promise<void>;
}

/** How the parts under test are made. */
export interface Options {
  readonly runtime?: Omit<RuntimeOptions<Cart, CartInput>, 'data'>;
  readonly handles?: Partial<HandlesOptions<Cart, CartInput, typeof OPENING>>;
  readonly clock?: VirtualClock;
}

export const MINUTE = 60_000;

/** Starts one; it is closed when the test is over. */
export const cartsUnderTest = (options: Options = {}): CartsUnderTest => {
  const clock = options.clock ?? createVirtualClock();
  const runtime = createRuntime({ clock, data: CART, ...options.runtime });
  const held: Held[] = [];
  const errors: unknown[] = [];
  const carts = createHandles({
    runtime,
    name: 'cart',
    describe: 'a shopping cart',
    principal: ({ http }) => http?.authInfo?.clientId ?? null,
    input: OPENING,
    data: ({ owner }) => (owner === undefined ? {} : { owner }),
    clock,
    onError: (error) => errors.push(error),
    ...options.handles,
  });
  const shopper = async (principal: string | null, server = () => cartServer(carts, held)) =>
    connect(principal, server);
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    const closing = runtime.close().finally(() => {
      over = true;
    });
    let over = false;
    // A store takes its time: a simulated disk that of the clock, a real one its own.
    while (!over) {
      await clock.advance(100);
      await setImmediate();
    }
    await closing;
  };
  onTestFinished(close);
  return { clock, runtime, carts, held, errors, shopper, close };
};

/** A client pinned to the revision without sessions, of an endpoint of its own. */
export const connect = async (
  principal: string | null,
  server: () => McpServer,
): Promise<Shopper> => {
  const handler = createMcpHandler(server, { legacy: 'reject' });
  const authInfo = { token: 't', clientId: principal ?? '', scopes: [] };
  const client = new Client(
    { name: 'shopper', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: {} } },
  );
  const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
    fetch: (url, init) =>
      handler.fetch(new Request(url, init), principal === null ? {} : { authInfo }),
  });
  await client.connect(transport);
  onTestFinished(async () => {
    await client.close();
    await handler.close();
  });
  const call: Shopper['call'] = async (name, args = {}, signal) =>
    answerOf(await client.callTool({ name, arguments: args }, signal ? { signal } : {}));
  const open: Shopper['open'] = async (args = {}) => {
    const { structured, text } = await call('cart_open', args);
    const { cart } = structured;
    if (typeof cart !== 'string') throw new Error(text);
    return cart;
  };
  return { client, call, open };
};

const answerOf = (result: unknown): Answer => {
  const { content, isError, structuredContent } = result as CallToolResult;
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
  return {
    text,
    isError: isError === true,
    structured: (structuredContent ?? {}) as Record<string, unknown>,
    raw: JSON.stringify(result),
  };
};

/** A server with all of the carts' tools, made anew for each request. */
export const cartServer = (carts: Carts, held: Held[] = []): McpServer => {
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  carts.register(server, { list: true, extend: true });
  const item = z.object({ item: z.string().min(1) });
  carts.registerTool(
    server,
    'cart_add',
    { description: 'Puts something in.', inputSchema: item },
    async (session, { item }) => {
      const { items } = await session.update((data) => ({ ...data, items: [...data.items, item] }));
      return { content: [{ type: 'text', text: items.join(', ') }] };
    },
  );
  carts.registerTool(server, 'cart_hold', {}, (_session, _input, { mcpReq }) => {
    return new Promise((resolve) => {
      held.push({
        signal: mcpReq.signal,
        answer: (text) => resolve({ content: [{ type: 'text', text }] }),
      });
    });
  });
  carts.registerTool(server, 'cart_break', {}, () => {
    throw new Error('the cart tips over');
  });
  return server;
};

/** A store that notes its calls, but for its own keeping of time and ends. */
export const noting = (inner: Store): { store: Store; calls: string[] } => {
  const calls: string[] = [];
  const store = new Proxy(inner, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: readonly unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(method, target, given);
      };
    },
  });
  return { store, calls };
};
