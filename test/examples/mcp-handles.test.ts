import { createVirtualClock } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../examples/mcp-handles/check.ts';
import { serveShop } from '../../examples/mcp-handles/serve.ts';
import { createShop } from '../../examples/mcp-handles/shop.ts';
import { connectShopper } from '../../examples/mcp-handles/shopper.ts';

// The example, against the built package, over its own socket.

/** The shop, served; on virtual time, so that a cart can expire. */
const servedShop = async () => {
  const clock = createVirtualClock();
  const shop = createShop({ clock });
  const { url, close } = await serveShop(shop, 0);
  onTestFinished(async () => {
    await close();
    await shop.runtime.close();
  });
  const connect = async (token: string) => {
    const shopper = await connectShopper(url, token);
    onTestFinished(() => shopper.close());
    return shopper;
  };
  return { clock, url, connect, runtime: shop.runtime };
};

const GONE =
  'There is no cart of this id: it may have expired, or been closed. Call cart_open to get a new one.';

test('a cart is filled over several requests, by the one who opened it', async () => {
  const { connect, runtime } = await servedShop();
  const [ada, grace] = [await connect('token-of-ada'), await connect('token-of-grace')];
  const { cart } = await ada.call('cart_open', { note: 'tea party' });
  await ada.call('cart_add', { cart, item: 'tea' });
  expect((await ada.call('cart_add', { cart, item: 'milk' })).text).toBe('In the cart: tea, milk.');
  expect((await grace.call('cart_add', { cart, item: 'salt' })).text).toBe(GONE);
  expect((await runtime.get(cart)).data).toEqual({ note: 'tea party', items: ['tea', 'milk'] });
  expect((await ada.call('cart_close', { cart })).text).toBe('The cart is closed.');
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe(GONE);
});

test('a cart that nobody uses for half an hour is gone', async () => {
  const { clock, connect } = await servedShop();
  const ada = await connect('token-of-ada');
  const { cart } = await ada.call('cart_open');
  await clock.advance(29 * 60_000);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toContain('tea');
  await clock.advance(31 * 60_000);
  expect((await ada.call('cart_add', { cart, item: 'milk' })).text).toBe(GONE);
});

test('nobody comes in without a token', async () => {
  const { url } = await servedShop();
  expect((await fetch(url, { method: 'POST' })).status).toBe(401);
  const stranger = { authorization: 'Bearer constructor' };
  expect((await fetch(url, { method: 'POST', headers: stranger })).status).toBe(401);
});

test('its check of itself: a cart outlives its server, and is nobody else’s', async () => {
  const lines: string[] = [];
  await check((line) => lines.push(line));
  expect(lines).toEqual([
    'cart_add: In the cart: tea.',
    `cart_add: ${GONE}`,
    'cart_add: In the cart: tea, milk.',
    'cart_close: The cart is closed.',
    `cart_add: ${GONE}`,
  ]);
});
