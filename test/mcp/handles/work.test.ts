import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { cartsUnderTest, connect, MINUTE } from './modern-endpoint.ts';

// A call with a handle is work of its session.

test('it is an operation by the name of the tool, and the session is not reaped meanwhile', async () => {
  const { shopper, runtime, clock, held } = cartsUnderTest({ handles: { callTimeoutMs: 'off' } });
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(1);
  const session = await runtime.get(cart);
  expect(session.operations()).toMatchObject([{ name: 'cart_hold', state: 'running' }]);
  await clock.advance(120 * MINUTE);
  expect(session.state).toBe('active');
  held[0]?.answer('done');
  expect((await holding).text).toBe('done');
  expect(session.operations()).toEqual([]);
});

test('an end during the call aborts it, and the model reads so', async () => {
  const { shopper, runtime, held, errors } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(1);
  await (await runtime.get(cart)).terminate('operator');
  expect(held[0]?.signal.aborted).toBe(true);
  expect(await holding).toMatchObject({
    isError: true,
    text: 'The cart ended during the call: cart_hold may be done in part. Call cart_open to get a new one.',
  });
  expect(errors).toEqual([]);
});

test('a client that cancels aborts its call, and no other', async () => {
  const { shopper, runtime, held } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  const leaving = new AbortController();
  const left = ada.call('cart_hold', { cart }, leaving.signal).catch(() => 'left');
  await expect.poll(() => held.length).toBe(1);
  const staying = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(2);
  leaving.abort();
  expect(await left).toBe('left');
  await expect.poll(() => held[0]?.signal.aborted).toBe(true);
  expect(held[1]?.signal.aborted).toBe(false);
  expect((await runtime.get(cart)).operations()).toHaveLength(1);
  held[1]?.answer('stayed');
  expect((await staying).text).toBe('stayed');
});

test('a call that takes too long is given up', async () => {
  const { shopper, clock, held } = cartsUnderTest({ handles: { callTimeoutMs: 5_000 } });
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(1);
  await clock.advance(5_000);
  const { text, isError } = await holding;
  expect({ text, isError }).toEqual({
    isError: true,
    text: 'cart_hold took too long, and was given up. cart_hold may be done in part. Try again later.',
  });
  expect(held[0]?.signal.aborted).toBe(true);
});

test('what a handler throws is told as in any other tool', async () => {
  const { shopper, errors } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  expect(await ada.call('cart_break', { cart })).toMatchObject({
    isError: true,
    text: 'the cart tips over',
  });
  expect(errors).toEqual([]);
});

test('a handler that meets the end of another session is not taken for a cart that is gone', async () => {
  const { carts, runtime } = cartsUnderTest();
  const ada = await connect('ada', () => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    carts.register(server);
    carts.registerTool(server, 'cart_peek', {}, async (session) => {
      await runtime.as('nobody').get(session.id);
      return { content: [] };
    });
    return server;
  });
  const cart = await ada.open();
  expect((await ada.call('cart_peek', { cart })).text).toBe('There is no such session.');
});

test('a result of its own shape, and the opening tool by another name', async () => {
  const { carts } = cartsUnderTest();
  const ada = await connect('ada', () => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    carts.register(server, { open: { name: 'new_cart', description: 'Takes a cart.' } });
    const config = { outputSchema: z.object({ count: z.number() }) };
    carts.registerTool(server, 'cart_count', config, ({ data }) => ({
      content: [],
      structuredContent: { count: data.items.length },
    }));
    return server;
  });
  const { tools } = await ada.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['new_cart', 'cart_close', 'cart_count']);
  expect(tools[0]?.description).toMatch(/^Takes a cart\. Returns its id.*30 minutes without use/);
  const cart = (await ada.call('new_cart')).structured['cart'];
  expect((await ada.call('cart_count', { cart })).structured).toEqual({ count: 0 });
  await ada.call('cart_close', { cart });
  const { text, isError } = await ada.call('cart_count', { cart });
  expect({ text, isError }).toEqual({ isError: true, text: expect.stringContaining('new_cart') });
});
