import { McpServer } from '@modelcontextprotocol/server';
import type { Runtime, Session } from 'holdfast';
import { createHandles, type McpServerFactory } from 'holdfast/mcp';
import { z } from 'zod';

/** What a session keeps: recorded with it, there after a restart. */
export const KEPT = z.object({ items: z.array(z.string()) }).default({ items: [] });
export type Kept = z.infer<typeof KEPT>;

const ITEM = z.object({ item: z.string().min(1).max(200) });

const add = async (session: Session<Kept>, item: string) => {
  const { items } = await session.update((kept) => ({ items: [...kept.items, item] }));
  return { content: [{ type: 'text' as const, text: `On the list: ${items.join(', ')}` }] };
};

/** A shopping list for everybody: in the client's session or, where its protocol has none, behind a handle. */
export const shoppingListServers = (runtime: Runtime<Kept>): McpServerFactory<Kept> => {
  const lists = createHandles({ runtime, name: 'list', describe: 'a shopping list' });
  return ({ session }) => {
    const server = new McpServer({ name: 'shopping-list', version: '1.0.0' });
    const description = 'Puts something on the shopping list.';
    if (session === null) {
      lists.register(server);
      lists.registerTool(server, 'add', { description, inputSchema: ITEM }, (list, { item }) =>
        add(list, item),
      );
    } else {
      server.registerTool('add', { description, inputSchema: ITEM }, ({ item }) =>
        add(session, item),
      );
    }
    return server;
  };
};
