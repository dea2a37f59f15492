import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { createHandles } from '../../../src/mcp/handles/handles.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { cartsUnderTest } from './modern-endpoint.ts';

// What the model reads where something is refused: what to do now, and nothing of the inside.

const INSIDE = /store|ENOSPC|ses_|holdfast|ERR_|\bat \//i;

const durable = (): { store: Store; clock: ReturnType<typeof createVirtualClock> } => {
  const clock = createVirtualClock();
  return { clock, store: createSimulatedDisk({ clock, syncMs: 0 }).open() };
};

test('more than a principal may have: close one, then try again', async () => {
  const { store, clock } = durable();
  const { shopper, errors } = cartsUnderTest({ clock, runtime: { store, maxPerPrincipal: 1 } });
  const ada = await shopper('ada');
  const cart = await ada.open();
  const refused = await ada.call('cart_open');
  expect(refused).toMatchObject({
    isError: true,
    text: 'You have as many sessions and handles together as you may: not only of kind "cart". Close what you no longer need, then try again.',
  });
  await ada.call('cart_close', { cart });
  expect((await ada.call('cart_open')).isError).toBe(false);
  expect(errors).toEqual([]);
});

test('no room: try again later', async () => {
  const { shopper, runtime } = cartsUnderTest({ runtime: { maxResident: 1 } });
  await runtime.create({ principal: 'grace' });
  expect(await (await shopper('ada')).call('cart_open')).toMatchObject({
    isError: true,
    text: 'The server has no room at the moment. Try again later.',
  });
});

test('going down: try again later, to open as to use', async () => {
  const { shopper, runtime, held, errors } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(1);
  const drained = runtime.drain();
  expect(await ada.call('cart_open')).toMatchObject({
    isError: true,
    text: 'The server is going down. Try again later.',
  });
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toContain('going down');
  held[0]?.answer('in time');
  expect((await holding).text).toBe('in time');
  await drained;
  expect(errors).toEqual([]);
});

test('set aside: the same id is good later', async () => {
  const { shopper, runtime } = cartsUnderTest();
  const ada = await shopper('ada');
  const cart = await ada.open();
  const session = await runtime.get(cart);
  await session.pause();
  for (const [tool, args] of [
    ['cart_add', { item: 'tea' }],
    ['cart_extend', {}],
  ] as const) {
    expect(await ada.call(tool, { cart, ...args })).toMatchObject({
      isError: true,
      text: 'The cart is set aside at the moment. Try again later, with the same id.',
    });
  }
  await session.resume();
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
});

test('more at once than it may do: try again later', async () => {
  const { shopper, held } = cartsUnderTest({
    runtime: { maxConcurrentOperations: 1, maxQueuedOperations: 1 },
  });
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = [ada.call('cart_hold', { cart }), ada.call('cart_hold', { cart })];
  await expect.poll(() => held.length).toBe(1);
  expect((await ada.call('cart_hold', { cart })).text).toContain('as much to do as it may');
  held[0]?.answer('one');
  await expect.poll(() => held.length).toBe(2);
  held[1]?.answer('two');
  await Promise.all(holding);
});

test('the store fails: to open and to look up, without a word of it', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0 });
  const { shopper } = cartsUnderTest({ clock, runtime: { store } });
  const ada = await shopper('ada');
  const cart = await ada.open();
  store.breakNext('create', 'fail');
  const answers = [await ada.call('cart_open')];
  store.breakNext('load', 'fail');
  answers.push(await ada.call('cart_add', { cart: mintSessionId(), item: 'tea' }));
  store.breakNext('list', 'fail');
  answers.push(await ada.call('cart_list'));
  for (const { text, isError } of answers) {
    const told = 'The server cannot reach what it keeps at the moment. Try again later.';
    expect({ text, isError }).toEqual({ isError: true, text: told });
  }
  // What is in memory needs no store.
  expect((await ada.call('cart_hold', { cart: 'cart-1' })).text).toContain('There is no cart');
  expect((await ada.call('cart_extend', { cart })).isError).toBe(false);
});

test('a cart that cannot be made ready, or whose data is refused: the application hears why', async () => {
  const { shopper, errors } = cartsUnderTest({
    runtime: {
      initialize: () => {
        throw new Error('no shelf at /var/lib/shelf');
      },
    },
  });
  const refused = await (await shopper('ada')).call('cart_open');
  expect(refused).toMatchObject({ isError: true });
  expect(refused.text).toBe('cart_open failed on the server. Trying again is unlikely to help.');
  expect(errors).toMatchObject([{ code: 'ERR_HOLDFAST_INITIALIZE' }]);
  const other = cartsUnderTest({
    handles: { data: () => ({ items: 7 as never }) },
  });
  expect((await (await other.shopper('ada')).call('cart_open')).text).not.toMatch(INSIDE);
  expect(other.errors).toMatchObject([{ code: 'ERR_HOLDFAST_INVALID_DATA' }]);
});

test('who calls cannot be told: refused, and the application hears how to say it', async () => {
  const { shopper, errors, runtime } = cartsUnderTest({
    handles: { principal: undefined as never },
  });
  const refused = await (await shopper('ada')).call('cart_open');
  expect(refused).toMatchObject({ isError: true });
  expect(refused.text).not.toMatch(/principal|authInfo/);
  expect(errors).toMatchObject([{ code: 'ERR_HOLDFAST_INVALID_OPTION', option: 'principal' }]);
  expect(runtime.stats().created).toBe(0);
  // Where nobody was authenticated, everybody is anonymous.
  expect((await (await shopper(null)).call('cart_open')).isError).toBe(false);
});

test('an error of `onError` itself changes no answer', async () => {
  const { shopper } = cartsUnderTest({
    handles: {
      principal: () => {
        throw new Error('who?');
      },
      onError: () => {
        throw new Error('not now');
      },
    },
  });
  expect((await (await shopper('ada')).call('cart_open')).text).toContain('failed on the server');
});

test.each(['Cart', '1cart', 'shopping-cart', '', 'x'.repeat(41), 7])(
  '%s is no name',
  async (name) => {
    const runtime = createRuntime();
    const made = () => createHandles({ runtime, name: name as string, describe: 'a cart' });
    expect(made).toThrow(expect.objectContaining({ option: 'name' }));
    await runtime.close();
  },
);
