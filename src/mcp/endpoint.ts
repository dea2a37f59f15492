import {
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';
import { HoldfastError, SessionNotFoundError, SessionUnreadableError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { checkedCount, checkedDuration } from '../runtime/liveness/deadlines.ts';
import type { BoundRuntime } from '../runtime/runtime.ts';
import type { Session } from '../runtime/session.ts';
import {
  answerOf,
  forbidden,
  internalError,
  invalidRequest,
  methodNotAllowed,
  missingSessionId,
  unavailable,
} from './answers.ts';
import { Connections } from './connections.ts';
import { type Exchanging, exchange, refuse } from './exchange.ts';
import { followBody } from './followed-body.ts';
import { handshakeOf } from './handshake.ts';
import { type McpServerFactory, open } from './opening.ts';
import { readInbound } from './request-body.ts';
import { restore } from './restoring.ts';

/** How an MCP endpoint is made. */
export interface McpEndpointOptions {
  /** Where its sessions live, as the endpoint's callers see it: `runtime.as(null)` where nobody is authenticated. */
  readonly runtime: BoundRuntime;
  /**
   * Makes the server of each session, and again after the session was put away or the process restarted. When it throws,
   * or takes longer than 30 s to make one again, the client gets 500. Where that was its `initialize` the session ends; otherwise it stays, and the next request has
   * the server made anew.
   */
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
  /**
   * Hears what the client is not told: what went wrong inside while a request was answered with 500, and the
   * `SessionUnreadableError` of a request that was answered with 503. Once a request.
   */
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

const existing = (session: Session | null): Session => {
  if (session === null) throw new SessionNotFoundError();
  return session;
};

class Endpoint implements McpEndpoint {
  readonly #options: McpEndpointOptions;
  readonly #hosts: string[];
  readonly #origins: string[];
  readonly #connections = new Connections();
  #closed = false;

  constructor(options: McpEndpointOptions) {
    this.#options = options;
    this.#hosts = [...(options.allowedHosts ?? localhostAllowedHostnames())];
    this.#origins = [...(options.allowedOrigins ?? localhostAllowedOrigins())];
  }

  get connections(): number {
    return this.#connections.size;
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
      if (answer === null || error instanceof SessionUnreadableError) {
        this.#options.onError?.(error);
      }
      return answer ?? internalError();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connections.close();
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
      const live = id === null ? null : await this.#readable(id);
      if (live !== null) return invalidRequest('this session is initialized already');
      return open(
        {
          runtime: this.#options.runtime,
          server: this.#options.server,
          connections: this.#connections,
        },
        request,
        inbound.initialize,
        inbound.body,
      );
    }
    if (id === null) return missingSessionId();
    const session = existing(await this.#readable(id));
    try {
      return await exchange(
        this.#exchanging(session),
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

  /**
   * The stream for what the server has to say unasked. Presence, neither work nor activity: a stored session is given a
   * connection for it, as long as it is open, and is not woken. One in memory stays there, because what a session that
   * was put away has to say would not reach the stream.
   */
  async #get(request: Request): Promise<Response> {
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return missingSessionId();
    const session = existing(await this.#readable(id));
    const { connection, release } = await this.#exchanging(session).hold();
    try {
      const response = await connection.handle(request);
      if (!response.ok || response.body === null) {
        release();
        return response;
      }
      const detach = session.attach({ resident: true });
      // Closed when the client goes: the transport allows one such stream, and the client will open another.
      const followed = followBody(response.body, request, 'close');
      void followed.ended.then(() => {
        detach();
        release();
      });
      return new Response(followed.body, response);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The transport looks the request over and then ends the session. One that has none ends without it, and unread. */
  async #delete(request: Request): Promise<Response> {
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return missingSessionId();
    const session = existing(await this.#find(id));
    const connection = this.#connections.get(id);
    if (connection !== null) return connection.handle(request);
    await session.terminate('client');
    return new Response(null, { status: 200 });
  }

  #exchanging(session: Session): Exchanging {
    const { server } = this.#options;
    return {
      session,
      connection: () => this.#connections.get(session.id),
      hold: () => this.#connections.hold(session, () => restore(session, server)),
    };
  }

  /**
   * The same, but rejects with `SessionUnreadableError` for one that is stored and cannot be taken into memory here. That
   * is for its newest record to say: what was in the way of its behaviour may be gone, and then this wakes it.
   */
  async #readable(id: string): Promise<Session | null> {
    const session = await this.#find(id);
    if (session !== null && session.info().unreadable !== null) await session.touch();
    return session;
  }

  /**
   * The session of that id, where it has not ended, an MCP client opened it, and the callers of this endpoint may use it.
   * Who opened one whose record cannot be read is not known: its client must not take it for lost.
   */
  async #find(id: string): Promise<Session | null> {
    try {
      const session = await this.#options.runtime.get(id);
      const { state, client, unreadable } = session.info();
      if (state === 'terminating' || state === 'terminated') return null;
      const opened = client === null ? unreadable !== null : handshakeOf(client) !== null;
      return opened ? session : null;
    } catch (error) {
      if (answerOf(error)?.status === 404) return null;
      throw error;
    }
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
 * Over a durable store a session outlives its transport and its server: both are closed when it is put away, and made
 * again for the next request, here or in a process that came after this one, before that request is handled. Its client
 * sees no difference. Restored are its id, its handshake (the revision, what the client said of itself, its capabilities)
 * and what is kept in the session: `session.data`, its messages, durable operations. Not restored is what lived in the
 * server: what the closures of the factory held, tools that were added or removed since, a log level the client set,
 * resources it subscribed to, requests of the server that the client has not answered, notifications nobody read. The
 * factory is called with `restored: true`, and the server sees the handshake again (`oninitialized`). A `ping` and a
 * DELETE need no server: they restore nothing, and wake nothing. An open GET stream keeps a session in memory until it
 * is put away by a drain; one of a stored session has its server made, and does not wake it. Endpoints over one runtime
 * for one caller restore each other's sessions, so give them the same `server`.
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
 * when there is no room, the runtime drains, the store does not answer, or the session cannot be read by this process
 * (`SessionInfo.unreadable`; a DELETE still ends it where that is for its behaviour). A request that is refused leaves nothing behind.
 */
export const createMcpEndpoint = (options: McpEndpointOptions): McpEndpoint => {
  const { maxBodyBytes, requestTimeoutMs } = options;
  if (maxBodyBytes !== undefined) checkedCount('maxBodyBytes', maxBodyBytes);
  if (requestTimeoutMs !== undefined) checkedDuration('requestTimeoutMs', requestTimeoutMs);
  return new Endpoint(options);
};
