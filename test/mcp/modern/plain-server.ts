import { McpServer } from '@modelcontextprotocol/server';

/** A server of either era that tells which, made by the SDK or by us. */
export const createServer = ({ era }: { readonly era: 'legacy' | 'modern' }): McpServer => {
  const server = new McpServer({ name: 'plain', version: '1.0.0' });
  server.registerTool('era', {}, () => ({ content: [{ type: 'text', text: era }] }));
  return server;
};
