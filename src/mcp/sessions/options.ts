import type { Fetchable } from '../../http/fetch.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Session } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';
import type { GateOptions } from '../gate.ts';
import type { SessionTransport } from './transport.ts';

/**
 * What the leg needs of a server. `McpServer` and `Server` of `@modelcontextprotocol/sdk` 1.x and of
 * `@modelcontextprotocol/server` 2.x have it.
 */
export interface ServerLike {
  /** Attaches the server to its session. */
  connect(transport: SessionTransport): Promise<void>;
  /** Closes it, and its transport. */
  close(): Promise<void>;
}

/** What a factory is told of the session it makes a server for; `Data` is what that keeps. */
export interface SessionContext<Data = unknown> {
  /** The protocol has sessions up to its revision 2025-11-25. */
  readonly era: 'legacy';
  /** The session it serves. */
  readonly session: Session<Data>;
  /**
   * Whether the session had a server before this one, in this process or an earlier one. Of that one nothing is left
   * but what it kept in the session (`session.data`, its messages) or somewhere else that lasts.
   */
  readonly restored: boolean;
  /** Whom the session belongs to; `null` is anonymous. */
  readonly principal: string | null;
  /** What the framework found out about whoever sent the request that this server is made for; not there where no request has it made. */
  readonly authInfo?: unknown;
}

/** Makes the server of one session. */
export type ServerFactory<Data = unknown> = (
  context: SessionContext<Data>,
) => ServerLike | Promise<ServerLike>;

/** What the leg uses of a runtime. */
export type LegRuntime<Data = unknown> = Pick<
  Runtime<Data, unknown>,
  'as' | 'subscribe' | 'deadlines'
>;

/** How the sessionful leg is made, beside its gate. */
export interface LegOptions<Data = unknown> {
  /** Where the sessions live. Each request goes through `runtime.as(principal)`. */
  readonly runtime: LegRuntime<Data>;
  /**
   * Makes the server of each session, and again after the session was put away or the process restarted: a new one each
   * time. When it throws, or the server is not there and has answered the handshake after 30 s, the client gets 500. Where
   * that was its `initialize` the session ends; otherwise it stays, and the next request has the server made anew. An
   * `initialize` is work of its session; one whose client leaves, or that a drain cuts short, leaves no session.
   */
  readonly server: ServerFactory<Data>;
  /**
   * The longest a request may take, ms, at least 1; default 10 min; `'off'` for no limit but the session's
   * lifetime. Then its handler gets its signal and the client an error. The limit is there for a handler
   * that hangs after its client has gone: nothing else would end it, and work in flight keeps its session.
   */
  readonly requestTimeoutMs?: number | 'off';
  /**
   * How requests are answered. `auto` (the default): as JSON where the handler sends nothing before its result and has it
   * within 1 s, otherwise as a stream of server-sent events. `stream`: always as a stream. An `initialize` is always answered
   * as JSON.
   */
  readonly answers?: 'auto' | 'stream';
  /**
   * Hears what the client is not told: what went wrong inside while a request was answered with 500, and the
   * `SessionUnreadableError` of a request that was answered with 503. Once a request. Also what kept a server from being
   * made for a session that was woken while its stream is open. Default: the first one is a warning of the process, because
   * a 500 would look as if nothing had happened.
   */
  readonly onError?: (error: unknown) => void;
  /** Source of time; default: the system's. Tests give the one of their runtime. */
  readonly clock?: Clock;
}

/** How a sessionful MCP endpoint is made. `Data` is what the sessions of its runtime keep. */
export interface McpSessionsOptions<Data = unknown> extends GateOptions, LegOptions<Data> {
  /** Hears what the client is not told. Default: the first one is a warning of the process. */
  readonly onError?: (error: unknown) => void;
}

/** A sessionful MCP endpoint (protocol revisions 2025-03-26, 2025-06-18 and 2025-11-25) on Web-standard requests. */
export interface McpSessions extends Fetchable {
  /** Sessions that have a server here. */
  readonly connections: number;
  /** Open streams for what servers say unasked (GET). They outlive connections. */
  readonly streams: number;
  /**
   * Closes all servers and streams and answers 503 from now on. It ends no session: the runtime does. So
   * a program goes down in this order, and running requests get their answers:
   *
   * ```ts
   * process.once('SIGTERM', async () => {
   *   await runtime.drain(); // takes nothing new, lets running work finish, puts every session away or ends it
   *   await endpoint.close();
   *   server.close(); // the node:http server in front of it
   * });
   * ```
   */
  close(): Promise<void>;
}
