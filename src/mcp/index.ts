/**
 * The MCP front-end, both eras: sessions for the revisions up to 2025-11-25, handles for the one that has none, over HTTP and
 * stdio. Servers are those of the official SDK 2.x, an optional peer of this package: without
 * `npm install @modelcontextprotocol/server zod` an import of `holdfast/mcp` fails with Node's own `ERR_MODULE_NOT_FOUND`.
 * Servers of SDK 1.x are served by `holdfast/mcp/sessions`, which needs neither.
 */
export type { FetchContext } from '../http/fetch.ts';
export { createMcpEndpoint, type McpEndpoint, type McpEndpointOptions } from './endpoint.ts';
export type { Authenticate } from './gate.ts';
export type { PrincipalOf } from './handles/caller.ts';
export {
  createHandles,
  type HandleInput,
  type Handles,
  type HandlesOptions,
  type HandleToolConfig,
  type HandleToolHandler,
  type RegisterHandlesOptions,
} from './handles/handles.ts';
export {
  createRequestState,
  type RequestState,
  type RequestStateOptions,
} from './handles/request-state.ts';
export type { McpServerContext, McpServerFactory, ModernContext } from './server-factory.ts';
export { sessionOf } from './session-of.ts';
export { createMcpSessions } from './sessions/create-mcp-sessions.ts';
export type {
  McpSessions,
  McpSessionsOptions,
  ServerLike,
  SessionContext,
} from './sessions/options.ts';
export { type McpStdio, type McpStdioOptions, serveMcpStdio } from './stdio/serve-mcp-stdio.ts';
