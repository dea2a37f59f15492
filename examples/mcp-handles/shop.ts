import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Runtime, type RuntimeOptions } from 'holdfast';
import { createHandles } from 'holdfast/mcp';
import { z } from 'zod';

// A client with a session has one of this runtime as well, which is no cart: the schema makes something of nothing.
const CART = z
  .object({ note: z.string().default(''), items: z.array(z.string()).default([]) })
  .prefault({});
type Cart = z.output<typeof CART>;
type NewCart = z.input<typeof CART>;

/** A shop: what holds the carts, and what makes a server. */
export interface Shop {
  readonly runtime: Runtime<Cart, NewCart>;
  /** A server for one request, or for one connection: the carts are not in it. */
  createServer(): McpServer;
}

/** The whole shop. A cart belongs to whoever opened it, and is known to the model by its id. */
export const createShop = (options: Pick<RuntimeOptions, 'store' | 'clock'> = {}): Shop => {
  const runtime = createRuntime({ ...options, data: CART });
  const carts = createHandles({
    runtime,
    name: 'cart',
    describe: 'a shopping cart',
    ttlMs: 30 * 60_000,
    input: z.object({ note: z.string().max(200).default('').describe('What it is for.') }),
    data: ({ note }) => ({ note }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });

  const createServer = (): McpServer => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    carts.register(server, { list: true, extend: true });
    carts.registerTool(
      server,
      'cart_add',
      {
        description: 'Puts an item into a cart.',
        inputSchema: z.object({ item: z.string().min(1).max(100) }),
      },
      async (session, { item }) => {
        const { items } = await session.update((cart) => ({
          ...cart,
          items: [...cart.items, item],
        }));
        return { content: [{ type: 'text', text: `In the cart: ${items.join(', ')}.` }] };
      },
    );
    return server;
  };
  return { runtime, createServer };
};
