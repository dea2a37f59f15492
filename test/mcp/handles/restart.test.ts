import { expect, onTestFinished, test } from 'vitest';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { storeInProcess } from '../../store/sqlite/in-process-thread.ts';
import { temporaryFolder } from '../../store/sqlite/temporary-folder.ts';
import { cartsUnderTest, MINUTE } from './modern-endpoint.ts';

// A handle is as durable as its session.

/** Processes one after another over one folder. */
const overOneFolder = () => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const clock = createVirtualClock();
  return async (handles = {}) =>
    cartsUnderTest({ clock, handles, runtime: { store: await storeInProcess(folder) } });
};

test('it goes on in the next process, with what is in it, for whom it belongs to', async () => {
  const start = overOneFolder();
  const first = await start();
  const ada = await first.shopper('ada');
  const cart = await ada.open({ owner: 'Ada' });
  await ada.call('cart_add', { cart, item: 'tea' });
  await first.close();

  const second = await start();
  const [again, grace] = [await second.shopper('ada'), await second.shopper('grace')];
  expect((await again.call('cart_list')).structured['handles']).toMatchObject([{ id: cart }]);
  expect((await grace.call('cart_add', { cart, item: 'salt' })).isError).toBe(true);
  expect((await again.call('cart_add', { cart, item: 'milk' })).text).toBe('tea, milk');
  await again.call('cart_close', { cart });
  await second.close();

  const third = await start();
  const closed = await (await third.shopper('ada')).call('cart_add', { cart, item: 'tea' });
  expect(closed).toMatchObject({
    isError: true,
    text: expect.stringContaining('There is no cart'),
  });
});

test('while no process runs nothing expires: after that there is a fresh window', async () => {
  const start = overOneFolder();
  const ttlMs = MINUTE;
  const first = await start({ ttlMs });
  const cart = await (await first.shopper('ada')).open();
  const kept = await (await first.shopper('ada')).open();
  await first.clock.advance(40_000);
  await (await first.shopper('ada')).call('cart_extend', { cart: kept });
  await first.close();
  await first.clock.advance(21_000);

  const second = await start({ ttlMs });
  const ada = await second.shopper('ada');
  expect((await ada.call('cart_list')).structured['handles']).toHaveLength(2);
  await second.clock.advance(ttlMs - 1);
  expect((await ada.call('cart_add', { cart: kept, item: 'tea' })).text).toBe('tea');
  await second.clock.advance(1);
  expect((await ada.call('cart_list')).structured['handles']).toMatchObject([{ id: kept }]);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(true);
});

test('the window is that of the runtime, where the handle’s own time is longer', async () => {
  const start = overOneFolder();
  const ttlMs = 60 * MINUTE;
  const first = await start({ ttlMs });
  const cart = await (await first.shopper('ada')).open();
  await first.close();
  await first.clock.advance(3 * 60 * MINUTE);

  const second = await start({ ttlMs });
  const ada = await second.shopper('ada');
  const { graceMs } = second.runtime.deadlines;
  const { structured } = await ada.call('cart_list');
  expect(graceMs).toBeLessThan(ttlMs);
  expect(structured['handles']).toMatchObject([{ id: cart }]);
  await second.clock.advance(graceMs);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(true);
});

test('a machine that slept expires nothing, not even what was put away', async () => {
  const start = overOneFolder();
  const { shopper, clock, runtime } = await start({ ttlMs: 5 * MINUTE });
  const ada = await shopper('ada');
  const [cart, unused] = [await ada.open(), await ada.open()];
  await clock.advance(3 * MINUTE);
  await expect.poll(async () => (await runtime.get(cart)).info().residency).toBe('stored');
  clock.suspend(60 * MINUTE);
  await clock.advance(1_000);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  await clock.advance(runtime.deadlines.graceMs);
  expect((await ada.call('cart_add', { cart: unused, item: 'tea' })).isError).toBe(true);
});

test('its lifetime is a promise: no downtime moves it', async () => {
  const start = overOneFolder();
  const first = await start();
  const cart = await (await first.shopper('ada')).open();
  await first.close();
  await first.clock.advance(first.runtime.deadlines.maxLifetimeMs + 1);
  const second = await start();
  const refused = await (await second.shopper('ada')).call('cart_add', { cart, item: 'tea' });
  expect(refused.isError).toBe(true);
});

test('put away to rest, it is woken by its next call, and by nobody else’s', async () => {
  const start = overOneFolder();
  const { shopper, clock, runtime } = await start();
  const [ada, grace] = [await shopper('ada'), await shopper('grace')];
  const cart = await ada.open();
  await clock.advance(3 * MINUTE);
  const residency = async () => (await runtime.get(cart)).info().residency;
  await expect.poll(residency).toBe('stored');
  await grace.call('cart_add', { cart, item: 'salt' });
  await ada.call('cart_list');
  expect(await residency()).toBe('stored');
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect(await residency()).toBe('resident');
});
