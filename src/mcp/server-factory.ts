import type { McpServer, Server } from '@modelcontextprotocol/server';
import type { SessionContext } from './sessions/options.ts';

/**
 * What a server is made from for one request of the 2026-07-28 revision, which has no sessions (over stdio: for the one
 * connection). What is to be kept between two requests goes behind a handle: see `createHandles`.
 */
export interface ModernContext {
  readonly era: 'modern';
  readonly session: null;
  readonly restored: false;
  /** Whom `authenticate` named; `null`: anonymous. */
  readonly principal: string | null;
  /** What the adapter handed over beside the request. */
  readonly authInfo?: unknown;
}

/**
 * What a server is made from; `Data` is what the sessions of the runtime keep. `era` tells the two apart: only the revisions
 * up to 2025-11-25 have a session.
 */
export type McpServerContext<Data = unknown> = SessionContext<Data> | ModernContext;

/**
 * Makes the server, in both eras: the same tools for everybody, and a session where the client's protocol has one. A new
 * server each time. In the legacy era it is called once a session, and again after that was put away or the process
 * restarted; in the modern one for each request, so keep it cheap: schemas are made once, outside of it.
 */
export type McpServerFactory<Data = unknown> = (
  context: McpServerContext<Data>,
) => McpServer | Server | Promise<McpServer | Server>;
