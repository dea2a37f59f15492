// A program that makes a server over HTTP one over stdio, and a host that talks to it.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { textOf } from './text-of.mjs';

export const open = async (url, { script, args }) => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [script, ...args.map((arg) => (arg === '<url>' ? url : arg))],
    // Whole: the transport would hand over a few variables only, and it is to write nothing into the user's own home.
    env: process.env,
    stderr: 'ignore',
  });
  const client = new Client({ name: 'clients', version: '0' });
  await client.connect(transport);
  return {
    call: async (name, input) => textOf(await client.callTool({ name, arguments: input })),
    close: () => client.close(),
  };
};
