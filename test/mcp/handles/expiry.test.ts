import { expect, test } from 'vitest';
import { createHandles } from '../../../src/mcp/handles/handles.ts';
import { inWords } from '../../../src/mcp/handles/time-to-live.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { cartsUnderTest, MINUTE } from './modern-endpoint.ts';

// How long a handle lives: as its opening tool says, whatever the runtime would allow.

const fiveMinutes = { handles: { ttlMs: 5 * MINUTE } };

test('good until its time without use is over, and not a moment longer', async () => {
  const { shopper, clock, runtime } = cartsUnderTest(fiveMinutes);
  const ada = await shopper('ada');
  const cart = await ada.open();
  await clock.advance(5 * MINUTE - 1);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(false);
  await clock.advance(5 * MINUTE);
  const session = await runtime.get(cart);
  expect(session.state).not.toBe('terminated');
  const refused = await ada.call('cart_add', { cart, item: 'milk' });
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('cart_open') });
  await clock.settle();
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'operator' });
  expect(session.data).toMatchObject({ items: ['tea'] });
});

test('somebody else does not end it by asking', async () => {
  const { shopper, clock, runtime } = cartsUnderTest(fiveMinutes);
  const cart = await (await shopper('ada')).open();
  await clock.advance(6 * MINUTE);
  await (await shopper('grace')).call('cart_add', { cart, item: 'tea' });
  await clock.settle();
  expect((await runtime.get(cart)).state).toBe('idle');
});

test('a call that takes longer is use all the while', async () => {
  const { shopper, clock, held } = cartsUnderTest({
    handles: { ttlMs: 5 * MINUTE, callTimeoutMs: 'off' },
  });
  const ada = await shopper('ada');
  const cart = await ada.open();
  const holding = ada.call('cart_hold', { cart });
  await expect.poll(() => held.length).toBe(1);
  await clock.advance(45 * MINUTE);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(false);
  expect((await ada.call('cart_list')).structured['handles']).toHaveLength(1);
  held[0]?.answer('at last');
  expect((await holding).text).toBe('at last');
  await clock.advance(5 * MINUTE - 1);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(false);
});

test('a process that was held up expires nothing: there is a fresh window after it', async () => {
  const { shopper, clock, runtime } = cartsUnderTest(fiveMinutes);
  const { graceMs } = runtime.deadlines;
  const ada = await shopper('ada');
  const [cart, unused] = [await ada.open(), await ada.open()];
  await clock.advance(MINUTE);
  clock.stall(10 * MINUTE);
  // Before and after the tick that finds it.
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  await clock.advance(1_000);
  expect((await ada.call('cart_list')).structured['handles']).toHaveLength(2);
  await clock.advance(graceMs);
  expect((await ada.call('cart_list')).structured['handles']).toMatchObject([{ id: cart }]);
  expect((await ada.call('cart_add', { cart: unused, item: 'tea' })).isError).toBe(true);
});

test('the model is told the time in words, by the opening tool and as it opens', async () => {
  const { shopper, clock } = cartsUnderTest({
    runtime: { deadlines: { maxLifetimeMs: 'off' } },
    handles: { ttlMs: 90_000 },
  });
  const ada = await shopper('ada');
  const { tools } = await ada.client.listTools();
  expect(tools.find(({ name }) => name === 'cart_open')?.description).toMatch(
    /The cart expires after 90 seconds without use\.$/,
  );
  const { text, structured } = await ada.call('cart_open');
  expect(text).toContain('expires after 90 seconds without use');
  expect(structured['expiresAt']).toBe(new Date(clock.wall() + 90_000).toISOString());
});

test('the lifetime is the end, however much it is used', async () => {
  const { shopper, clock } = cartsUnderTest({
    runtime: { deadlines: { maxLifetimeMs: 60 * MINUTE } },
  });
  const ada = await shopper('ada');
  const cart = await ada.open();
  for (let used = 0; used < 2; used += 1) {
    await clock.advance(29 * MINUTE);
    await ada.call('cart_add', { cart, item: 'tea' });
  }
  const { structured } = await ada.call('cart_extend', { cart });
  expect(structured['expiresAt']).toBe(new Date(clock.wall() + 2 * MINUTE).toISOString());
  await clock.advance(2 * MINUTE);
  expect((await ada.call('cart_add', { cart, item: 'tea' })).isError).toBe(true);
});

test.each([
  [1_000, '1 second'],
  [90_000, '90 seconds'],
  [60_000, '1 minute'],
  [30 * MINUTE, '30 minutes'],
  [90 * MINUTE, '90 minutes'],
  [8 * 60 * MINUTE, '8 hours'],
  [24 * 60 * MINUTE, '1 day'],
  [7 * 24 * 60 * MINUTE, '7 days'],
  [1_999, '1 second'],
  [60_500, '1 minute'],
])('%i ms are %s', (ms, words) => {
  expect(inWords(ms)).toBe(words);
});

test('a time to live is as long as the runtime keeps a silent session, at most', async () => {
  const runtime = createRuntime();
  const kind = { runtime, name: 'cart', describe: 'a cart' };
  expect(createHandles(kind).ttlMs).toBe(30 * MINUTE);
  expect(createHandles({ ...kind, ttlMs: MINUTE }).ttlMs).toBe(MINUTE);
  for (const ttlMs of [999, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 31 * MINUTE, '5m']) {
    expect(() => createHandles({ ...kind, ttlMs: ttlMs as number })).toThrow(
      expect.objectContaining({ code: 'ERR_HOLDFAST_INVALID_OPTION', option: 'ttlMs' }),
    );
  }
  await runtime.close();
});

test('without an idle timeout it must be given', async () => {
  const runtime = createRuntime({ deadlines: { idleTimeoutMs: 'off' } });
  const kind = { runtime, name: 'cart', describe: 'a cart' };
  expect(() => createHandles(kind)).toThrow(/ttlMs is undefined.*must be given/);
  expect(createHandles({ ...kind, ttlMs: 48 * 60 * MINUTE }).ttlMs).toBe(48 * 60 * MINUTE);
  await runtime.close();
});
