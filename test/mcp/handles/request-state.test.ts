import {
  createMcpHandler,
  inputRequired,
  McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { createRequestState } from '../../../src/mcp/handles/request-state.ts';
import { type Carts, cartsUnderTest } from './modern-endpoint.ts';

// A question to the user in the middle of a call: what the client brings back is good for that caller and that handle only.

const KEY = 'a key of at least thirty-two bytes, for tests';
const STATE = createRequestState<{ step: number }>({
  key: KEY,
  ttlSeconds: 60,
  principal: ({ http }) => http?.authInfo?.clientId ?? null,
});
const REFUSED = 'Invalid or expired requestState';

const question = async (ctx: ServerContext, step: number) =>
  inputRequired({
    inputRequests: {
      sure: inputRequired.elicit({
        message: 'Sure?',
        requestedSchema: z.object({ yes: z.boolean() }),
      }),
    },
    requestState: await STATE.mint({ step }, ctx),
  });

const ask = async (ctx: ServerContext) => {
  const known = STATE.read(ctx);
  if (known === undefined) return question(ctx, 1);
  return { content: [{ type: 'text' as const, text: `step ${known.step}` }] };
};

const askingServer = (carts: Carts): McpServer => {
  const server = new McpServer(
    { name: 'shop', version: '1.0.0' },
    { requestState: { verify: STATE.verify } },
  );
  carts.register(server);
  carts.registerTool(server, 'cart_buy', {}, (_session, _input, ctx) => ask(ctx));
  carts.registerTool(server, 'cart_empty', {}, (_session, _input, ctx) => ask(ctx));
  server.registerTool('plain', {}, ask);
  server.registerTool('other', {}, ask);
  return server;
};

interface Outcome {
  readonly requestState?: string;
  readonly content?: readonly { readonly text: string }[];
  readonly error?: { readonly code: number; readonly message: string };
}

/** Calls as a client may that does not keep to the rules. */
const asking = async () => {
  const { carts, runtime } = cartsUnderTest();
  const handler = createMcpHandler(() => askingServer(carts), { legacy: 'reject' });
  onTestFinished(() => handler.close());
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  };
  const call = async (
    principal: string,
    name: string,
    args: object,
    requestState?: string,
  ): Promise<Outcome> => {
    const params = { name, arguments: args, _meta: meta, ...(requestState && { requestState }) };
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    const authInfo = { token: 't', clientId: principal, scopes: [] };
    const response = await handler.fetch(request, { authInfo });
    const answer = (await response.json()) as { result?: Outcome } & Outcome;
    return answer.result ?? answer;
  };
  const cartOf = async (principal: string) => (await carts.open(principal, {})).id;
  return { call, cartOf, runtime };
};

const textOf = ({ content }: Outcome): string | undefined => content?.[0]?.text;

test('what was sealed comes back in the next round of the same call', async () => {
  const { call, cartOf } = await asking();
  const cart = await cartOf('ada');
  const { requestState } = await call('ada', 'cart_buy', { cart });
  expect(requestState).toEqual(expect.any(String));
  expect(textOf(await call('ada', 'cart_buy', { cart }, requestState))).toBe('step 1');
  // It is not one-time: that is for the session to know.
  expect(textOf(await call('ada', 'cart_buy', { cart }, requestState))).toBe('step 1');
  const plain = await call('ada', 'plain', {});
  expect(textOf(await call('ada', 'plain', {}, plain.requestState))).toBe('step 1');
});

test('refused: with another handle, from another tool, and in a call of another kind', async () => {
  const { call, cartOf } = await asking();
  const [cart, second] = [await cartOf('ada'), await cartOf('ada')];
  const { requestState } = await call('ada', 'cart_buy', { cart });
  expect(textOf(await call('ada', 'cart_buy', { cart: second }, requestState))).toBe(REFUSED);
  for (const [tool, args] of [
    ['cart_empty', { cart }],
    ['plain', {}],
  ] as const) {
    expect((await call('ada', tool, args, requestState)).error).toMatchObject({ message: REFUSED });
  }
  const plain = await call('ada', 'plain', {});
  const { error } = await call('ada', 'other', {}, plain.requestState);
  expect(error).toMatchObject({ code: -32602, message: REFUSED });
});

test("refused: somebody else's, with whichever handle", async () => {
  const { call, cartOf } = await asking();
  const [cart, theirs] = [await cartOf('ada'), await cartOf('grace')];
  const { requestState } = await call('ada', 'cart_buy', { cart });
  for (const given of [cart, theirs]) {
    const { error } = await call('grace', 'cart_buy', { cart: given }, requestState);
    expect(error).toMatchObject({ code: -32602, message: REFUSED });
  }
});

test('refused: tampered with, cut short, made up, and sealed with another key', async () => {
  const { call, cartOf } = await asking();
  const cart = await cartOf('ada');
  const { requestState = '' } = await call('ada', 'cart_buy', { cart });
  const [version, body = '', mac] = requestState.split('.');
  const sealed = JSON.parse(Buffer.from(body, 'base64url').toString());
  sealed.p.payload.step = 9;
  const changed = Buffer.from(JSON.stringify(sealed)).toString('base64url');
  for (const state of [
    `${version}.${changed}.${mac}`,
    requestState.slice(0, -2),
    'v1.e30.x',
    'x',
  ]) {
    const { error } = await call('ada', 'cart_buy', { cart }, state);
    expect({ state, error }).toMatchObject({ error: { code: -32602, message: REFUSED } });
  }
});

test('refused: too late', async () => {
  const { call, cartOf } = await asking();
  const cart = await cartOf('ada');
  const { requestState } = await call('ada', 'cart_buy', { cart });
  // The SDK's codec reads the system's own clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 62_000 });
  onTestFinished(() => void vi.useRealTimers());
  const { error } = await call('ada', 'cart_buy', { cart }, requestState);
  expect(error).toMatchObject({ code: -32602, message: REFUSED });
});

test('a closed handle is unknown, whatever was sealed for it', async () => {
  const { call, cartOf, runtime } = await asking();
  const cart = await cartOf('ada');
  const { requestState } = await call('ada', 'cart_buy', { cart });
  await runtime.terminate(cart);
  expect(textOf(await call('ada', 'cart_buy', { cart }, requestState))).toContain(
    'There is no cart',
  );
});

test('neither the principal nor a secret of the server is in it', async () => {
  const { call, cartOf } = await asking();
  const { requestState = '' } = await call('ada', 'cart_buy', { cart: await cartOf('ada') });
  const body = Buffer.from(requestState.split('.')[1] ?? '', 'base64url').toString();
  expect(JSON.parse(body).p.payload).toEqual({ step: 1 });
  expect(body).not.toMatch(/ada|key/);
});

test('a server that does not verify is told so; a state is never read unverified', async () => {
  const ctx = { mcpReq: { method: 'tools/call', requestState: () => 'v1.raw.state' } };
  const unverified = ctx as unknown as ServerContext; // As the SDK makes it where no `verify` is given.
  expect(() => STATE.read(unverified)).toThrow(/requestState\.verify of the server/);
});

test('a short key, and a time to live that is none, are refused', () => {
  expect(() => createRequestState({ key: 'short' })).toThrow(RangeError);
  for (const ttlSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => createRequestState({ key: KEY, ttlSeconds })).toThrow(/ttlSeconds/);
  }
});
