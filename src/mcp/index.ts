/**
 * The MCP front-end: a sessionful endpoint on the official SDK. That is an optional peer of this package:
 * without `npm install @modelcontextprotocol/server zod` an import of `holdfast/mcp` fails with Node's own
 * `ERR_MODULE_NOT_FOUND`. `@modelcontextprotocol/node` is needed as well to serve it with `node:http`.
 */
export { createMcpEndpoint, type McpEndpoint, type McpEndpointOptions } from './endpoint.ts';
export type { McpServerFactory } from './opening.ts';
