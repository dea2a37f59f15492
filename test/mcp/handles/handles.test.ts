import { expect, test } from 'vitest';
import { cartsUnderTest, MINUTE } from './modern-endpoint.ts';

// What a model does with handles, through the official client of the revision without sessions.

test('opened, used, and closed: the state is behind the id, whatever request it comes with', async () => {
  const { shopper, runtime } = cartsUnderTest();
  const ada = await shopper('ada');
  const opened = await ada.call('cart_open', { owner: 'Ada' });
  const cart = String(opened.structured['cart']);
  expect(cart).toMatch(/^ses_[A-Za-z0-9_-]{32}$/);
  expect(opened.text).toContain(cart);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect((await ada.call('cart_add', { cart, item: 'milk' })).text).toBe('tea, milk');
  const session = await runtime.get(cart);
  expect(session.data).toEqual({ owner: 'Ada', items: ['tea', 'milk'] });
  expect(session.info()).toMatchObject({
    principal: 'ada',
    metadata: { handle: 'cart' },
    client: { name: 'shopper', version: '1.0.0' },
  });

  expect(await ada.call('cart_close', { cart })).toMatchObject({ isError: false });
  expect(session).toMatchObject({ state: 'terminated' });
  expect(session.info().reason).toBe('client');
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(true);
});

test('two of them are two, and the same principal has them from any client', async () => {
  const { shopper } = cartsUnderTest();
  const [one, other] = [await shopper('ada'), await shopper('ada')];
  const [first, second] = [await one.open(), await one.open()];
  await one.call('cart_add', { cart: first, item: 'tea' });
  await one.call('cart_add', { cart: second, item: 'soap' });
  expect((await other.call('cart_add', { cart: first, item: 'milk' })).text).toBe('tea, milk');
});

test('what the model is shown: the handle first, required, and beside the own arguments', async () => {
  const { shopper } = cartsUnderTest();
  const { client } = await shopper('ada');
  const { tools } = await client.listTools();
  const shown = new Map(tools.map((tool) => [tool.name, tool]));
  expect([...shown.keys()]).toEqual([
    'cart_open',
    'cart_close',
    'cart_list',
    'cart_extend',
    'cart_add',
    'cart_hold',
    'cart_break',
  ]);
  expect(shown.get('cart_add')?.inputSchema).toMatchObject({
    type: 'object',
    properties: {
      cart: { type: 'string', description: expect.any(String) },
      item: { type: 'string' },
    },
    required: ['cart', 'item'],
  });
  expect(shown.get('cart_hold')?.inputSchema).toMatchObject({
    properties: { cart: { type: 'string' } },
    required: ['cart'],
  });
  expect(shown.get('cart_open')?.description).toBe(
    'Opens a shopping cart. Returns its id: pass it as "cart" to the other tools. ' +
      'The cart expires after 30 minutes without use, and 8 hours after it was opened at the latest.',
  );
});

test('the tools are the same whatever is open', async () => {
  const { shopper } = cartsUnderTest();
  const ada = await shopper('ada');
  const before = JSON.stringify(await ada.client.listTools());
  const cart = await ada.open();
  await ada.call('cart_add', { cart, item: 'tea' });
  expect(JSON.stringify(await ada.client.listTools())).toBe(before);
  expect(JSON.stringify(await (await shopper(null)).client.listTools())).toBe(before);
});

test("the tool's own arguments are checked by its own schema", async () => {
  const { shopper, runtime } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  const refused = await ada.call('cart_add', { cart, item: '' });
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('item') });
  expect((await runtime.get(cart)).data).toMatchObject({ items: [] });
});

test('extend counts as use, and tells until when', async () => {
  const { shopper, clock } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  await clock.advance(29 * MINUTE);
  const { structured, text } = await ada.call('cart_extend', { cart });
  const at = new Date(clock.wall() + 30 * MINUTE).toISOString();
  expect(structured).toEqual({ cart, expiresAt: at });
  expect(text).toContain(at);
  await clock.advance(29 * MINUTE);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(false);
});

test('list tells what is open, a page at a time, and is not use', async () => {
  const { shopper, clock, runtime } = cartsUnderTest({ runtime: { maxPerPrincipal: 200 } });
  const ada = await shopper('ada');
  expect((await ada.call('cart_list')).structured).toEqual({ handles: [], cursor: null });
  const opened: string[] = [];
  for (let at = 0; at < 60; at += 1) opened.push(await ada.open());
  await runtime.create({ principal: 'ada', metadata: { handle: 'job' } });
  await (await shopper('grace')).open();
  await ada.call('cart_close', { cart: opened.pop() });

  const seen: string[] = [];
  let cursor: unknown;
  do {
    const page = await ada.call('cart_list', typeof cursor === 'string' ? { cursor } : {});
    const handles = page.structured['handles'] as { id: string }[];
    expect(handles.length).toBeLessThanOrEqual(50);
    seen.push(...handles.map(({ id }) => id));
    cursor = page.structured['cursor'];
  } while (cursor !== null);
  expect(seen.sort()).toEqual(opened.sort());

  await clock.advance(29 * MINUTE);
  await ada.call('cart_list');
  await clock.advance(2 * MINUTE);
  expect((await ada.call('cart_list')).structured).toEqual({ handles: [], cursor: null });
});

test('a cursor of nobody, and an anonymous caller: readable', async () => {
  const { shopper, errors } = cartsUnderTest();
  const listed = await (await shopper('ada')).call('cart_list', { cursor: 'elsewhere' });
  expect(listed).toMatchObject({ isError: true, text: expect.stringContaining('first one') });
  const anonymous = await shopper(null);
  await anonymous.open();
  const refused = await anonymous.call('cart_list');
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('who is known') });
  expect(errors).toEqual([]);
});

test('outside of tools: opened and found for a principal', async () => {
  const { carts, clock } = cartsUnderTest();
  const session = await carts.open('ada', { owner: 'Ada' });
  expect(session.data.owner).toBe('Ada');
  expect((await carts.find('ada', session.id))?.id).toBe(session.id);
  expect(await carts.find('grace', session.id)).toBeNull();
  await clock.advance(31 * MINUTE);
  expect(await carts.find('ada', session.id)).toBeNull();
});
