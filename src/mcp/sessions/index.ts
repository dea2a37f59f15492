/**
 * The sessionful MCP endpoint alone, for servers of `@modelcontextprotocol/sdk` 1.x and `@modelcontextprotocol/server` 2.x.
 * It imports neither: whichever your servers come from is all it needs.
 */
export type { FetchContext } from '../../http/fetch.ts';
export type { Authenticate } from '../gate.ts';
export { sessionOf } from '../session-of.ts';
export { createMcpSessions } from './create-mcp-sessions.ts';
export type { McpSessions, McpSessionsOptions, ServerLike, SessionContext } from './options.ts';
export type { Message, MessageExtra, RequestId, SessionTransport } from './transport.ts';
