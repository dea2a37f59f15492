import {
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';
import { HoldfastError, SessionNotFoundError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { checkedCount, checkedDuration } from '../runtime/liveness/deadlines.ts';
import type { BoundRuntime } from '../runtime/runtime.ts';
import {
  answerOf,
  forbidden,
  internalError,
  invalidRequest,
  methodNotAllowed,
  missingSessionId,
  unavailable,
} from './answers.ts';
import type { Connection } from './connection.ts';
import { exchange, refuse } from './exchange.ts';
import { followBody } from './followed-body.ts';
import { type McpServerFactory, open } from './opening.ts';
import { readInbound } from './request-body.ts';

/** How an MCP endpoint is made. */
export interface McpEndpointOptions {
  /** Where its sessions live, as the endpoint's callers see it: `runtime.as(null)` where nobody is authenticated. */
  readonly runtime: BoundRuntime;
  /** Makes the server of each session. When it throws, the client gets 500 and the session ends. */
  readonly server: McpServerFactory;
  /**
   * Host names a request may be sent to, without port; default: those of the loopback interface. Behind a
   * name of its own the endpoint answers every request with 403 until the name is listed here.
   */
  readonly allowedHosts?: readonly string[];
  /** Host names a browser's page may come from; default: those of the loopback interface. */
  readonly allowedOrigins?: readonly string[];
  /** The longest request body, bytes, at least 1; default 4 MiB. Longer ones get 413. */
  readonly maxBodyBytes?: number;
  /**
   * The longest a request may take, ms, at least 1; default 10 min; `'off'` for no limit but the session's
   * lifetime. Then its handler gets its signal and the client an error. The limit is there for a handler
   * that hangs after its client has gone: nothing else would end it, and work in flight keeps its session.
   */
  readonly requestTimeoutMs?: number | 'off';
  /** Hears what went wrong inside while a request was answered with 500. */
  readonly onError?: (error: unknown) => void;
}

/** A sessionful MCP endpoint (protocol revisions up to 2025-11-25) on Web-standard requests. */
export interface McpEndpoint {
  /** Sessions that have a transport and a server here. */
  readonly connections: number;
  /** Answers one request, whatever its path. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /**
   * Closes all transports and servers and answers 503 from now on. It ends no session: the runtime does. So
   * a program goes down in this order, and running requests get their answers:
   *
   * ```ts
   * process.once('SIGTERM', async () => {
   *   await runtime.drain(); // takes nothing new, lets running work finish, ends every session
   *   await endpoint.close();
   *   server.close(); // the node:http server in front of it
   * });
   * ```
   */
  close(): Promise<void>;
}

const SESSION_HEADER = 'mcp-session-id';

class Endpoint implements McpEndpoint {
  readonly #options: McpEndpointOptions;
  readonly #hosts: string[];
  readonly #origins: string[];
  readonly #live = new Map<string, Connection>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: McpEndpointOptions) {
    this.#options = options;
    this.#hosts = [...(options.allowedHosts ?? localhostAllowedHostnames())];
    this.#origins = [...(options.allowedOrigins ?? localhostAllowedOrigins())];
  }

  get connections(): number {
    return this.#live.size;
  }

  async fetch(request: Request): Promise<Response> {
    const host = validateHostHeader(request.headers.get('host'), this.#hosts);
    if (!host.ok) return forbidden(host.message, 'allowedHosts');
    const origin = validateOriginHeader(request.headers.get('origin'), this.#origins);
    if (!origin.ok) return forbidden(origin.message, 'allowedOrigins');
    if (this.#closed) return unavailable('the server is closing', LIMITS.retryAfterMs);
    try {
      return await this.#route(request);
    } catch (error) {
      const answer = answerOf(error);
      if (answer !== null) return answer;
      this.#options.onError?.(error);
      return internalError();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#live.values()) this.#close(connection);
    this.#live.clear();
    await Promise.all(this.#closing);
  }

  #route(request: Request): Promise<Response> | Response {
    switch (request.method) {
      case 'POST':
        return this.#post(request);
      case 'GET':
        return this.#get(request);
      case 'DELETE':
        return this.#delete(request);
      default:
        return methodNotAllowed();
    }
  }

  async #post(request: Request): Promise<Response> {
    const inbound = await readInbound(
      request,
      this.#options.maxBodyBytes ?? LIMITS.requestBodyBytes,
    );
    if (inbound instanceof Response) return inbound;
    const id = request.headers.get(SESSION_HEADER);
    if (inbound.initialize !== null) {
      // A client that lost its session may name it still: it gets a new one.
      const live = id === null ? null : await this.#find(id);
      if (live !== null) return invalidRequest('this session is initialized already');
      return open(
        {
          runtime: this.#options.runtime,
          server: this.#options.server,
          opened: (connection) => this.#keep(connection),
        },
        request,
        inbound.initialize,
        inbound.body,
      );
    }
    const connection = await this.#connectionOf(id);
    if (connection instanceof Response) return connection;
    try {
      return await exchange(
        connection,
        request,
        inbound,
        this.#options.requestTimeoutMs ?? LIMITS.operationTimeoutMs,
      );
    } catch (error) {
      const told = error instanceof HoldfastError && inbound.requests.length > 0;
      if (!told || answerOf(error) !== null) throw error;
      return refuse(inbound, error);
    }
  }

  /** The stream for what the server has to say unasked. Presence, neither work nor activity. */
  async #get(request: Request): Promise<Response> {
    const connection = await this.#connectionOf(request.headers.get(SESSION_HEADER));
    if (connection instanceof Response) return connection;
    const response = await connection.handle(request);
    if (!response.ok || response.body === null) return response;
    const detach = connection.session.attach();
    // Closed when the client goes: the transport allows one such stream, and the client will open another.
    const followed = followBody(response.body, request.signal, 'close');
    void followed.ended.then(detach);
    return new Response(followed.body, response);
  }

  /** The transport looks the request over and then ends the session. */
  async #delete(request: Request): Promise<Response> {
    const connection = await this.#connectionOf(request.headers.get(SESSION_HEADER));
    return connection instanceof Response ? connection : connection.handle(request);
  }

  async #connectionOf(id: string | null): Promise<Connection | Response> {
    if (id === null) return missingSessionId();
    const connection = await this.#find(id);
    if (connection === null) throw new SessionNotFoundError();
    return connection;
  }

  /** The live connection of a session that the callers of this endpoint may use. */
  async #find(id: string): Promise<Connection | null> {
    try {
      const { state } = await this.#options.runtime.get(id);
      if (state === 'terminating' || state === 'terminated') return null;
      return this.#live.get(id) ?? null;
    } catch (error) {
      if (answerOf(error)?.status === 404) return null;
      throw error;
    }
  }

  /** Keeps a connection until its session ends: from the moment the end begins, nothing is served. */
  #keep(connection: Connection): void {
    const { id, signal } = connection.session;
    this.#live.set(id, connection);
    const drop = (): void => {
      this.#live.delete(id);
      this.#close(connection);
    };
    signal.addEventListener('abort', drop, { once: true });
    // It may have ended while its server was being made.
    if (signal.aborted) drop();
  }

  #close(connection: Connection): void {
    const closing = connection.close();
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}

/**
 * Makes a sessionful MCP endpoint: one session of the runtime for each `initialize`, ended by the runtime's
 * deadlines or by the client. Throws `InvalidOptionError`.
 *
 * It needs no framework. On plain Node, with `toNodeHandler` of `@modelcontextprotocol/node` (which has its
 * own limit for bodies, `maxRequestBodySize`, 4 MiB as here):
 *
 * ```ts
 * const endpoint = createMcpEndpoint({ runtime: runtime.as(null), server: createMyServer });
 * const server = createServer(toNodeHandler(endpoint));
 * server.listen(4100, '127.0.0.1');
 * ```
 *
 * What keeps a session from its idle timeout: requests, for as long as they run, and notifications. A `ping`
 * is a beat: it proves that the client is alive, but is no activity. An open GET stream is presence, and by
 * itself proves nothing: a peer that is gone without a word leaves it open.
 *
 * What a client does not read waits in memory, up to 1 MiB or 256 events a stream. Past that a POST's stream
 * is sent no notifications (progress, log messages) until the client has read on, but always its answers; a
 * GET stream is closed, and the client opens another.
 *
 * Statuses: 400 without a session id, 404 for one that is malformed, unknown or ended, 503 with Retry-After
 * when there is no room or the runtime drains. A request that is refused leaves nothing behind.
 */
export const createMcpEndpoint = (options: McpEndpointOptions): McpEndpoint => {
  const { maxBodyBytes, requestTimeoutMs } = options;
  if (maxBodyBytes !== undefined) checkedCount('maxBodyBytes', maxBodyBytes);
  if (requestTimeoutMs !== undefined) checkedDuration('requestTimeoutMs', requestTimeoutMs);
  return new Endpoint(options);
};
