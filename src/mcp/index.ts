/** The MCP front-end: a sessionful endpoint on the official SDK. */
export { createMcpEndpoint, type McpEndpoint, type McpEndpointOptions } from './endpoint.ts';
export type { McpServerFactory } from './opening.ts';
