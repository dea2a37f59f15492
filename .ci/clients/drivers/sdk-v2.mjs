import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { textOf } from './text-of.mjs';

export const open = async (url, { mode, terminates = false }) => {
  const options = mode === undefined ? {} : { versionNegotiation: { mode } };
  const client = new Client({ name: 'clients', version: '0' }, options);
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  return {
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args })),
    close: async () => {
      if (terminates) await transport.terminateSession();
      await client.close();
    },
  };
};
