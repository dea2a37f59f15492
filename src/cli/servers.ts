import type { McpServerFactory } from '../mcp/server-factory.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Clock } from '../time/clock.ts';
import type { ListChanges } from './conformance/changing-tools.ts';
import { createConformanceServer } from './conformance/server.ts';
import { notebookServers } from './notebooks.ts';
import { createToolServer } from './tools.ts';

/** What the servers of `holdfast serve` are made from. */
export interface ServersContext {
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** The server's own version. */
  readonly version: string;
  /** Whether it is the conformance suite that is served. */
  readonly conformance: boolean;
  /** Where servers without a session tell that something has changed. */
  readonly changes: () => ListChanges;
  readonly onError: (error: unknown) => void;
}

/** Makes the servers of both eras: notes in the session, or in notebooks where there is none. */
export const serversOf = (context: ServersContext): McpServerFactory => {
  const { clock, version, changes } = context;
  if (context.conformance) return (made) => createConformanceServer(made, clock, changes());
  const createNotebookServer = notebookServers(context);
  return ({ session }) =>
    session === null ? createNotebookServer() : createToolServer({ session, clock, version });
};
