import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Calls tools of a shop as one of its clients. */
export interface Shopper {
  /** The text of the answer, and what is structured in it. */
  call(tool: string, args?: Record<string, unknown>): Promise<{ text: string; cart: string }>;
  close(): Promise<void>;
}

/** Connects with the newest protocol, which has no sessions. */
export const connectShopper = async (url: string, token: string): Promise<Shopper> => {
  const client = new Client(
    { name: 'check', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return {
    call: async (name, args = {}) => {
      const { content, structuredContent } = await client.callTool({ name, arguments: args });
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
      const { cart = '' } = (structuredContent ?? {}) as { cart?: string };
      return { text, cart };
    },
    close: () => client.close(),
  };
};
