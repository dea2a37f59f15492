import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { boundTo } from '../../../src/mcp/callers.ts';
import { type Carts, cartServer, cartsUnderTest, connect } from './modern-endpoint.ts';

// Whose a handle is, where an endpoint, a connection or nobody says who calls.

const unsaid = { handles: { principal: undefined as never } };

test('whom an endpoint made the server for', async () => {
  const { carts, runtime, errors } = cartsUnderTest(unsaid);
  const ada = await connect('token of ada', () => boundTo(cartServer(carts), 'ada'));
  const grace = await connect('token of grace', () => boundTo(cartServer(carts), 'grace'));
  const cart = await ada.open();
  expect((await runtime.get(cart)).principal).toBe('ada');
  expect((await grace.call('cart_add', { cart, item: 'salt' })).isError).toBe(true);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect(errors).toEqual([]);
});

test('an anonymous one by the endpoint’s word, whatever the request carries', async () => {
  const { carts, runtime } = cartsUnderTest(unsaid);
  const anonymous = await connect('a token', () => boundTo(cartServer(carts), null));
  expect((await runtime.get(await anonymous.open())).principal).toBeNull();
});

test('the endpoint may have been given what is inside of the server', async () => {
  const { carts, runtime } = cartsUnderTest(unsaid);
  const ada = await connect(null, () => {
    const server = cartServer(carts);
    boundTo(server.server, 'ada');
    return server;
  });
  expect((await runtime.get(await ada.open())).principal).toBe('ada');
});

test('one server for two callers is refused', () => {
  const { carts } = cartsUnderTest();
  const server = boundTo(cartServer(carts), 'ada');
  expect(boundTo(server, 'ada')).toBe(server);
  expect(() => boundTo(server, 'grace')).toThrow(/a new server each time/);
  expect(() => boundTo(server, null)).toThrow(/a new server each time/);
});

test('an anonymous caller’s handle is anybody’s who knows it, and no principal’s', async () => {
  const { shopper } = cartsUnderTest();
  const [one, other, ada] = [await shopper(null), await shopper(null), await shopper('ada')];
  const cart = await one.open();
  expect((await other.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect((await ada.call('cart_add', { cart, item: 'salt' })).isError).toBe(true);
  expect((await one.call('cart_add', { cart: await ada.open(), item: 'salt' })).isError).toBe(true);
});

/** A client of the revisions with sessions, on a connection that lasts. */
const connected = async (carts: Carts): Promise<Client> => {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await cartServer(carts).connect(ours);
  const client = new Client({ name: 'shopper', version: '1.0.0' });
  await client.connect(theirs);
  onTestFinished(() => client.close());
  return client;
};

test('on a lasting connection a handle is an id as any other: good on the next one, too', async () => {
  const { carts, runtime } = cartsUnderTest({ handles: { principal: () => 'ada' } });
  const one = await connected(carts);
  expect(one.getNegotiatedProtocolVersion()).toBe('2025-11-25');
  const opened = await one.callTool({ name: 'cart_open', arguments: {} });
  const { cart } = opened.structuredContent as { cart: string };
  const add = { name: 'cart_add', arguments: { cart, item: 'tea' } };
  expect((await (await connected(carts)).callTool(add)).content).toEqual([
    { type: 'text', text: 'tea' },
  ]);
  expect((await runtime.get(cart)).principal).toBe('ada');
});
