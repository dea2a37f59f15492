import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createHandles, type Handles } from '../../../src/mcp/handles/handles.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { connect, MINUTE } from './modern-endpoint.ts';

// A process is killed: what the model was told of a handle's time holds in the next one.

const TTL_MS = 30 * MINUTE;

const overOneDisk = () => {
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs: 0 });
  const bench = createTestRuntime({ clock, disk });
  const start = (): Handles =>
    createHandles({
      runtime: bench.runtime,
      name: 'cart',
      describe: 'a cart',
      principal: () => 'ada',
      ttlMs: TTL_MS,
      clock,
    });
  onTestFinished(async () => void (await bench.close()));
  return { bench, start };
};

/** A client of carts that are only looked at: nothing of what it does is recorded for its own sake. */
const lookerAt = (carts: Handles) =>
  connect(null, () => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    carts.register(server, { list: true, extend: true });
    carts.registerTool(server, 'cart_look', {}, () => ({ content: [] }));
    return server;
  });

test.each(['cart_look', 'cart_extend'])('what %s kept alive is not forgotten', async (tool) => {
  const { bench, start } = overOneDisk();
  const ada = await lookerAt(start());
  const used = await ada.open();
  const left = await ada.open();
  for (let minutes = 0; minutes < 60; minutes += 1) {
    await bench.advance(MINUTE);
    await ada.call(tool, { cart: used });
  }
  bench.crash();
  // It may be an eighth of its time early, and no more.
  await bench.advance((TTL_MS * 7) / 8 - MINUTE);
  const after = await lookerAt(start());
  const listed = (await after.call('cart_list')).structured['handles'];
  expect(listed).toMatchObject([{ id: used }]);
  expect((await after.call('cart_look', { cart: used })).isError).toBe(false);
  expect((await after.call('cart_look', { cart: left })).isError).toBe(true);
});

test('use is recorded now and then, and not with every call', async () => {
  const { bench, start } = overOneDisk();
  const carts = start();
  const ada = await lookerAt(carts);
  const cart = await ada.open();
  const recorded = async () => (await bench.store.load(cart))?.session.lastActivityAt ?? 0;
  const first = await recorded();
  for (let calls = 0; calls < 100; calls += 1) {
    await bench.advance(1_000);
    await ada.call('cart_look', { cart });
  }
  expect(await recorded()).toBe(first);
  await bench.advance(TTL_MS / 8);
  await ada.call('cart_look', { cart });
  await bench.settle();
  expect(await recorded()).toBe(bench.clock.wall());
});
