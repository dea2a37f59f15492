import { createMCPClient } from '@ai-sdk/mcp';
import { textOf } from './text-of.mjs';

export const open = async (url) => {
  const client = await createMCPClient({ transport: { type: 'http', url } });
  const tools = await client.tools();
  return {
    call: async (name, args) => {
      if (tools[name] === undefined) throw new Error(`there is no tool ${name}`);
      return textOf(await tools[name].execute(args, { toolCallId: 'call', messages: [] }));
    },
    close: () => client.close(),
  };
};
