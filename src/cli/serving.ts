import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { MissingPackageError } from '../errors.ts';
import { type Listening, listen } from '../http/adapters/node.ts';
import { createRuntime } from '../runtime/create-runtime.ts';
import type { DrainReport, Runtime, RuntimeOptions } from '../runtime/runtime.ts';
import { systemClock } from '../time/system-clock.ts';
import { deadlineOptions } from './deadline-settings.ts';
import { allowedHosts } from './hosts.ts';
import { type Output, printer } from './printer.ts';
import { canServe, refuseToServe } from './servable.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

/** A server that listens. */
export interface Serving {
  readonly runtime: Runtime;
  /** Of the MCP endpoint. */
  readonly url: string;
  /** Sessions that have a transport and a server in memory. */
  connections(): number;
  /** Drains the runtime (see `Runtime.drain`), then stops listening. Twice joins the first. */
  stop(options?: { readonly operationsMs?: number }): Promise<DrainReport>;
}

const PATH = '/mcp';

/** Only what was set: an option that is left out has the runtime's default. */
const given = <T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: Exclude<T[K], null>;
  };

const runtimeOptions = (settings: Settings): RuntimeOptions => ({
  ...given({
    maxResident: settings.maxSessions,
    maxPerPrincipal: settings.maxSessionsPerPrincipal,
    tombstoneMs: settings.tombstone,
    sweepIntervalMs: settings.sweepInterval,
  }),
  deadlines: deadlineOptions(settings),
});

/** The parts that need the MCP packages, which are optional. */
const loadMcp = async () => {
  try {
    const [{ createMcpEndpoint }, { createToolServer }, { toNodeHandler }] = await Promise.all([
      import('../mcp/endpoint.ts'),
      import('./tools.ts'),
      import('@modelcontextprotocol/node'),
    ]);
    return { createMcpEndpoint, createToolServer, toNodeHandler };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const packages = ['@modelcontextprotocol/server', '@modelcontextprotocol/node', 'zod'];
    throw new MissingPackageError('An MCP server', packages, error);
  }
};

const pathOf = (url: string | undefined): string => (url ?? '/').split('?', 1)[0] ?? '/';

/**
 * Starts a runtime with an MCP endpoint in front of it. Rejects with `InvalidOptionError` for settings that
 * contradict each other, `MissingPackageError`, or what the system says about the port.
 */
export const startServing = async (settings: Settings, output: Output): Promise<Serving> => {
  const { createMcpEndpoint, createToolServer, toNodeHandler } = await loadMcp();
  const clock = systemClock();
  const runtime = createRuntime({ ...runtimeOptions(settings), clock });
  const print = printer(settings, output);
  const onError = (error: unknown): void =>
    print({ type: 'runtime.error', at: clock.wall(), where: 'the MCP endpoint', error });
  const endpoint = createMcpEndpoint({
    runtime: runtime.as(null),
    server: ({ session }) => createToolServer({ session, clock, version: version() }),
    allowedHosts: allowedHosts(settings.host),
    allowedOrigins: allowedHosts(settings.host),
    onError,
  });
  const handleMcp = toNodeHandler(endpoint, {
    onerror: (error) => {
      // A client that leaves in the middle of its request is nobody's error.
      if ((error as { code?: unknown }).code !== 'ECONNRESET') onError(error);
    },
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (pathOf(request.url) === PATH) {
      if (!canServe(request)) return refuseToServe(request, response);
      // Node writes an absent method or url as `undefined`, the SDK's type leaves them out: the same to it.
      return handleMcp(request as NodeIncomingMessageLike, response);
    }
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is only ${PATH} here.\n`);
  };
  let listening: Listening;
  try {
    listening = await listen({ host: settings.host, port: settings.port, handle });
  } catch (error) {
    await runtime.close();
    throw error;
  }
  runtime.subscribe(print);
  let stopping: Promise<DrainReport> | null = null;
  const stop: Serving['stop'] = async (options) => {
    const report = await runtime.drain(options);
    await endpoint.close();
    await listening.close();
    return report;
  };
  return {
    runtime,
    url: `${listening.url}${PATH}`,
    connections: () => endpoint.connections,
    stop: (options) => {
      stopping ??= stop(options);
      return stopping;
    },
  };
};
