import type { IncomingMessage, ServerResponse } from 'node:http';
import { MissingPackageError } from '../errors.ts';
import type { Listening } from '../http/adapters/listen.ts';
import { toNodeHandler } from '../http/adapters/node.ts';
import type { McpEndpoint } from '../mcp/endpoint.ts';
import { createRuntime } from '../runtime/create-runtime.ts';
import type { DrainReport, Runtime, RuntimeOptions } from '../runtime/runtime.ts';
import type { Clock } from '../time/clock.ts';
import { systemClock } from '../time/system-clock.ts';
import { deadlineOptions } from './deadline-settings.ts';
import { allowedHosts } from './hosts.ts';
import { type Kept, keptSessions } from './kept-sessions.ts';
import { type Output, printer } from './printer.ts';
import type { Settings } from './settings.ts';
import { takePort } from './take-port.ts';
import { version } from './version.ts';

/** A server that listens. */
export interface Serving {
  readonly runtime: Runtime;
  /** Of the MCP endpoint. */
  readonly url: string;
  /** Where its sessions are kept; `null`: in memory only. */
  readonly kept: Kept | null;
  /** Sessions that have a transport and a server in memory. */
  connections(): number;
  /** Drains the runtime (see `Runtime.drain`), then stops listening. Twice joins the first. */
  stop(options?: { readonly operationsMs?: number }): Promise<DrainReport>;
}

/** What goes with the start of a server. */
export interface Beginning {
  /** Stops it while it waits for its folder or its port. */
  readonly signal?: AbortSignal;
  /** Called once it listens, before the first event is printed. */
  readonly greet?: (serving: Serving) => void;
}

const PATH = '/mcp';

/** Only what was set: an option that is left out has the runtime's default. */
const given = <T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: Exclude<T[K], null>;
  };

/** How long a port may still be in use, ms: by a server that has just given up the folder this one waited for. */
const PORT_PATIENCE_MS = { waited: 10_000, kept: 1_000, memory: 0 } as const;

const portPatienceMs = (kept: Kept | null): number => {
  if (kept === null) return PORT_PATIENCE_MS.memory;
  return kept.waited ? PORT_PATIENCE_MS.waited : PORT_PATIENCE_MS.kept;
};

const runtimeOptions = (settings: Settings): RuntimeOptions => ({
  ...given({
    maxResident: settings.maxSessions,
    maxStored: settings.maxStored,
    maxPerPrincipal: settings.maxSessionsPerPrincipal,
    tombstoneMs: settings.tombstone,
    sweepIntervalMs: settings.sweepInterval,
  }),
  deadlines: deadlineOptions(settings),
});

/** The parts that need the MCP packages, which are optional. */
const loadMcp = async () => {
  try {
    const [{ createMcpEndpoint }, { serversOf }] = await Promise.all([
      import('../mcp/endpoint.ts'),
      import('./servers.ts'),
    ]);
    return { createMcpEndpoint, serversOf };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new MissingPackageError('An MCP server', ['@modelcontextprotocol/server', 'zod'], error);
  }
};

const pathOf = (url: string | undefined): string => (url ?? '/').split('?', 1)[0] ?? '/';

/**
 * Takes the folder, starts a runtime over it with an MCP endpoint in front, then takes the port. Rejects with
 * `InvalidOptionError` for settings that contradict each other, `MissingPackageError`, `StoreOpenError`, what the system
 * says about the port, or `Stopped` where the signal comes before it listens.
 */
export const startServing = async (
  settings: Settings,
  output: Output,
  { signal = new AbortController().signal, greet = () => undefined }: Beginning = {},
): Promise<Serving> => {
  const mcp = await loadMcp();
  const kept = await keptSessions(settings, output, signal);
  const clock = systemClock();
  const runtime = await runtimeOver(kept, settings, clock);
  const { endpoint, handle } = mcpOver(mcp, runtime, clock, settings, output);
  let listening: Listening;
  try {
    const { host, port } = settings;
    listening = await takePort({ host, port, handle }, portPatienceMs(kept), signal);
  } catch (error) {
    await runtime.close();
    throw error;
  }
  let stopping: Promise<DrainReport> | null = null;
  const stop: Serving['stop'] = async (options) => {
    const report = await runtime.drain(options);
    await endpoint.close();
    await listening.close();
    return report;
  };
  const serving: Serving = {
    runtime,
    url: `${listening.url}${PATH}`,
    kept,
    connections: () => endpoint.connections,
    stop: (options) => {
      stopping ??= stop(options);
      return stopping;
    },
  };
  greet(serving);
  const print = printer(settings, output);
  // What was found in the folder, and what became of it while the port was waited for.
  for (const event of runtime.recentEvents()) print(event);
  runtime.subscribe(print);
  return serving;
};

/** A runtime over what is kept, which it closes from now on. */
const runtimeOver = async (
  kept: Kept | null,
  settings: Settings,
  clock: Clock,
): Promise<Runtime> => {
  const store = kept === null ? {} : { store: kept.store };
  try {
    return createRuntime({ ...runtimeOptions(settings), ...store, clock });
  } catch (error) {
    await kept?.store.close();
    throw error;
  }
};

/** The MCP endpoint of a runtime, and what answers every request with it. */
const mcpOver = (
  { createMcpEndpoint, serversOf }: Awaited<ReturnType<typeof loadMcp>>,
  runtime: Runtime,
  clock: Clock,
  settings: Settings,
  output: Output,
) => {
  const print = printer(settings, output);
  const onError = (error: unknown): void =>
    print({ type: 'runtime.error', at: clock.wall(), where: 'the MCP endpoint', error });
  const endpoint: McpEndpoint = createMcpEndpoint({
    runtime,
    server: serversOf({
      ...{ runtime, clock, onError, version: version() },
      conformance: settings.conformance,
      // Called while it serves: it is there by then.
      changes: () => endpoint.notify,
    }),
    allowedHosts: allowedHosts(settings.host),
    allowedOrigins: allowedHosts(settings.host),
    onError,
  });
  const handleMcp = toNodeHandler(endpoint, { onError });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (pathOf(request.url) === PATH) return handleMcp(request, response);
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is only ${PATH} here.\n`);
  };
  return { endpoint, handle };
};
