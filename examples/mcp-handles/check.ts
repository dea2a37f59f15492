import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from 'holdfast/store/sqlite';
import { serveShop } from './serve.ts';
import { createShop } from './shop.ts';
import { connectShopper, type Shopper } from './shopper.ts';

/** Three servers, one after another, over one folder; two clients. Prints what the model would read. */
export const check = async (print: (line: string) => void): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-handles-'));
  const told = async (shopper: Shopper, tool: string, args: Record<string, unknown>) =>
    print(`${tool}: ${(await shopper.call(tool, args)).text}`);
  try {
    const cart = await served(folder, 'token-of-ada', async (ada) => {
      const opened = await ada.call('cart_open', { note: 'tea party' });
      await told(ada, 'cart_add', { cart: opened.cart, item: 'tea' });
      return opened.cart;
    });
    await served(folder, 'token-of-grace', (grace) =>
      told(grace, 'cart_add', { cart, item: 'salt' }),
    );
    await served(folder, 'token-of-ada', async (ada) => {
      await told(ada, 'cart_add', { cart, item: 'milk' });
      await told(ada, 'cart_close', { cart });
      await told(ada, 'cart_add', { cart, item: 'cake' });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Starts the shop over a folder, lets a client do something, and stops it. */
const served = async <T>(
  folder: string,
  token: string,
  act: (shopper: Shopper) => Promise<T>,
): Promise<T> => {
  const shop = createShop({ store: await openSqliteStore({ folder }) });
  const serving = await serveShop(shop, 0);
  const shopper = await connectShopper(serving.url, token);
  try {
    return await act(shopper);
  } finally {
    await shopper.close();
    await serving.close();
    await shop.runtime.close();
  }
};
