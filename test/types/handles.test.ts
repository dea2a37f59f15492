import {
  fromJsonSchema,
  McpServer,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createRuntime, type Session } from '../../src/index.ts';
import { createHandles, type Handles } from '../../src/mcp/handles/handles.ts';
import { createRequestState } from '../../src/mcp/handles/request-state.ts';

// What the compiler promises of handles. `tsc -p test/tsconfig.json` is what fails here.

const CART = z.object({ owner: z.string(), items: z.array(z.string()).default([]) });
type Cart = { owner: string; items: string[] };

const closing = <R extends { close(): Promise<unknown> }>(runtime: R): R => {
  onTestFinished(async () => void (await runtime.close()));
  return runtime;
};

test('the session is typed by the runtime, the input by the schema of the tool', () => {
  const runtime = closing(createRuntime({ data: CART }));
  const opening = z.object({ owner: z.string().trim(), gift: z.boolean().default(false) });
  const carts = createHandles({
    runtime,
    name: 'cart',
    describe: 'a cart',
    input: opening,
    data: (input) => {
      expectTypeOf(input).toEqualTypeOf<{ owner: string; gift: boolean }>();
      return { owner: input.owner };
    },
  });
  expectTypeOf(carts).toEqualTypeOf<Handles<Cart, typeof opening>>();
  expectTypeOf(carts.open).parameter(1).toEqualTypeOf<{ owner: string; gift: boolean }>();
  expectTypeOf(carts.find).returns.resolves.toEqualTypeOf<Session<Cart> | null>();

  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const inputSchema = z.object({ item: z.string(), count: z.string().transform(Number) });
  carts.registerTool(server, 'cart_add', { inputSchema }, (session, input, ctx) => {
    expectTypeOf(session).toEqualTypeOf<Session<Cart>>();
    expectTypeOf(input).toEqualTypeOf<{ item: string; count: number }>();
    expectTypeOf(ctx).toEqualTypeOf<ServerContext>();
    return { content: [] };
  });
  carts.registerTool(server, 'cart_show', {}, (_session, input) => {
    expectTypeOf(input).toEqualTypeOf<Readonly<Record<string, never>>>();
    return { content: [] };
  });
  const json = fromJsonSchema<{ item: string }>({ type: 'object' });
  carts.registerTool(server, 'cart_take', { inputSchema: json }, (_session, { item }) => {
    expectTypeOf(item).toBeString();
    return { content: [] };
  });
  const own = { ...json } as StandardSchemaWithJSON<{ a: string }, { a: number }>;
  const take = (): unknown =>
    carts.registerTool(server, 'cart_own', { inputSchema: own }, (_session, { a }) => {
      expectTypeOf(a).toBeNumber();
      return { content: [] };
    });
  expect(take).toBeTypeOf('function');
});

test('what is not allowed does not compile', async () => {
  const runtime = closing(createRuntime({ data: CART }));
  const kind = { runtime, name: 'cart', describe: 'a cart' };
  // @ts-expect-error the data is not what the runtime's schema takes
  createHandles({ ...kind, data: () => ({ owner: 7 }) });
  const carts = createHandles({ ...kind, data: () => ({ owner: 'Ada' }) });
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  // @ts-expect-error a tool answers with a result
  carts.registerTool(server, 'cart_show', {}, () => 'text');
  const wrong = () =>
    // @ts-expect-error there is no such field in the data
    carts.registerTool(server, 'cart_look', {}, ({ data }) => data.nothing);
  expect(wrong).toBeTypeOf('function');
  await carts.open('ada', {});
});

test('what was sealed is typed as what was minted', () => {
  const state = createRequestState<{ step: number }>({ key: 'k'.repeat(32) });
  expectTypeOf(state.read).returns.toEqualTypeOf<{ step: number } | undefined>();
  expectTypeOf(state.mint).parameter(0).toEqualTypeOf<{ step: number }>();
});
