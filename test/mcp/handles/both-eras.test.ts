import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { createMcpEndpoint } from '../../../src/mcp/endpoint.ts';
import { cartServer, cartsUnderTest } from './modern-endpoint.ts';

// The same carts for clients of both eras, behind the endpoint that serves both.

const PING = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

const bothEras = async () => {
  const under = cartsUnderTest({ handles: { principal: undefined as never } });
  const { runtime, carts, clock } = under;
  const endpoint = createMcpEndpoint({
    runtime,
    clock,
    server: () => cartServer(carts),
    authenticate: ({ headers }) => headers.get('authorization'),
  });
  onTestFinished(() => endpoint.close());
  const request = (principal: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', principal);
    headers.set('host', 'localhost');
    return endpoint.fetch(new Request('http://localhost/mcp', { ...init, headers }));
  };
  const connect = async (principal: string, mode: 'legacy' | { pin: string }) => {
    const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: (_url, init) => request(principal, init ?? {}),
    });
    await client.connect(transport);
    onTestFinished(() => client.close());
    const call = async (name: string, args: Record<string, unknown>) => {
      const { content, structuredContent } = await client.callTool({ name, arguments: args });
      const [block] = content;
      const { cart } = (structuredContent ?? {}) as { cart?: string };
      return { text: block?.type === 'text' ? block.text : '', cart };
    };
    return { call, sessionId: transport.sessionId };
  };
  return { ...under, connect, request };
};

test('a cart opened in one era is filled in the other, by whom the endpoint says it is', async () => {
  const { connect, runtime } = await bothEras();
  const old = await connect('ada', 'legacy');
  const { cart } = await old.call('cart_open', {});
  const modern = await connect('ada', { pin: '2026-07-28' });
  expect((await modern.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect((await old.call('cart_add', { cart, item: 'milk' })).text).toBe('tea, milk');
  expect((await runtime.get(cart ?? '')).principal).toBe('ada');
  const grace = await connect('grace', 'legacy');
  expect((await grace.call('cart_add', { cart, item: 'salt' })).text).toContain('There is no cart');
});

test('a session’s id is no handle, and a handle is no session’s id', async () => {
  const { connect, request, runtime } = await bothEras();
  const old = await connect('ada', 'legacy');
  const { cart = '' } = await old.call('cart_open', {});
  const asHandle = await old.call('cart_add', { cart: old.sessionId, item: 'tea' });
  expect(asHandle.text).toContain('There is no cart');
  const asked = async (id: string): Promise<unknown> => {
    const answers: unknown[] = [];
    for (const method of ['POST', 'GET', 'DELETE']) {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': id,
      };
      const body = method === 'POST' ? { body: JSON.stringify(PING) } : {};
      const response = await request('ada', { method, headers, ...body });
      answers.push([response.status, await response.text()]);
    }
    return answers;
  };
  const unknown = await asked(`ses_${'A'.repeat(32)}`);
  expect(unknown).toMatchObject([
    [404, expect.any(String)],
    [404, expect.any(String)],
    [404, expect.any(String)],
  ]);
  expect(await asked(cart)).toEqual(unknown);
  expect((await runtime.get(cart)).state).toBe('active');
});
