import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { textOf } from './text-of.mjs';

export const open = async (url) => {
  const client = new Client({ name: 'clients', version: '0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
};
