import { McpServer, type ServerOptions } from '@modelcontextprotocol/server';
import type { Clock } from '../../time/clock.ts';
import { version } from '../version.ts';
import { registerAskingTools } from './asking-tools.ts';
import { type ListChanges, registerChangingTools } from './changing-tools.ts';
import { registerContentTools } from './content-tools.ts';
import { registerInputRequired, rounds } from './input-required.ts';
import { registerPrompts } from './prompts.ts';
import { registerResources, registerSubscriptions } from './resources.ts';
import { registerRunningTools } from './running-tools.ts';
import { registerSchemaTools } from './schema-tools.ts';
import { skills } from './skills.ts';

const INFO = { name: 'holdfast-conformance', version: version() };

/** How long a listing or a resource may be kept, ms: none of them ever changes. */
const FRESH_MS = 300_000;
const hint = { ttlMs: FRESH_MS, cacheScope: 'public' } as const;

// Shared, as without sessions there is a server for each request.
const OPTIONS: ServerOptions = {
  capabilities: {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    logging: {},
    completions: {},
  },
  cacheHints: {
    'tools/list': hint,
    'prompts/list': hint,
    'resources/list': hint,
    'resources/templates/list': hint,
    'resources/read': hint,
    'server/discover': hint,
  },
  requestState: { verify: rounds.verify },
};

/** Whom a server is for; `SessionContext` and `ModernContext` are such. */
export interface ConformanceContext {
  readonly era: 'legacy' | 'modern';
}

/**
 * A server with what the official conformance suite asks for: its `test_*` tools, prompts and resources, logging,
 * completions and subscriptions, in both eras. `changes` is where a server without a session tells that a list
 * changed (`endpoint.notify`); one with a session tells its own client.
 */
export const createConformanceServer = (
  { era }: ConformanceContext,
  clock: Clock,
  changes: ListChanges,
): McpServer => {
  const server = new McpServer(INFO, OPTIONS);
  registerContentTools(server);
  registerSchemaTools(server);
  registerRunningTools(server, clock);
  registerAskingTools(server);
  registerInputRequired(server);
  registerPrompts(server);
  registerResources(server);
  skills.attach(server);
  if (era === 'legacy') registerSubscriptions(server);
  registerChangingTools(server, era === 'legacy' ? ownClient(server) : changes);
  return server;
};

const ownClient = (server: McpServer): ListChanges => ({
  toolsChanged: () => server.server.sendToolListChanged(),
  promptsChanged: () => server.server.sendPromptListChanged(),
});
