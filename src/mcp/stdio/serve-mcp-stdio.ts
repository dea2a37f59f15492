import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, McpServer, Server } from '@modelcontextprotocol/server';
import {
  type StdioServerHandle,
  StdioServerTransport,
  serveStdio,
} from '@modelcontextprotocol/server/stdio';
import { heard, type OnError } from '../../errors/heard.ts';
import type { Names } from '../../errors/known-names.ts';
import { HoldfastError, InvalidOptionError, SessionTerminatedError } from '../../errors.ts';
import { refuseWithout } from '../../http/option-kinds.ts';
import { checkedPrincipal } from '../../identity/principal.ts';
import { LIMITS } from '../../limits.ts';
import { checkedKey } from '../../runtime/create-options.ts';
import { checkedDuration } from '../../runtime/liveness/deadlines.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Session } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';
import { systemClock } from '../../time/system-clock.ts';
import { checkGiven } from '../checked-options.ts';
import { madeBy } from '../made-server.ts';
import type { McpServerContext, McpServerFactory } from '../server-factory.ts';
import { noLongerServed, nowServed } from '../session-of.ts';
import { type RpcError, rpcErrorOf, SESSION_ENDED } from '../sessions/answers.ts';
import { AccountedTransport } from './accounted-transport.ts';
import { clientOf } from './client-of.ts';
import { openSession, type ProcessSession, prove } from './process-session.ts';

/** How a server over stdio is made. `Data` is what the sessions of its runtime keep. */
export interface McpStdioOptions<Data = unknown> {
  /** Where the session of this process lives. */
  readonly runtime: Pick<Runtime<Data, unknown>, 'as' | 'deadlines'>;
  /** Makes the server: the same one as over HTTP. Called again where a client tries the newer protocol first. */
  readonly server: McpServerFactory<Data>;
  /** Whose process it is: a name the program knows, such as the account it runs for. Default: `null`, anonymous. */
  readonly principal?: string | null;
  /**
   * Makes the session durable: the next process with this key and this principal goes on with it. 1 to 256 characters;
   * needs a `principal` and, to outlive a process, a durable store. Default: none, and the session ends with the connection.
   */
  readonly key?: string;
  /** The longest a request may take, ms, at least 1; default 10 min; `'off'` for no limit but the session's lifetime. */
  readonly requestTimeoutMs?: number | 'off';
  /** What the client's messages are read from; default: the process's own. */
  readonly stdin?: Readable;
  /** What messages to the client are written to; default: the process's own. Nothing else may write there. */
  readonly stdout?: Writable;
  /**
   * Hears what the client is not told, and what is wrong with what it sends. Default: the first one is a warning of the
   * process, on stderr.
   */
  readonly onError?: (error: unknown) => void;
  /** Source of time; default: the system's. Tests give the one of their runtime. */
  readonly clock?: Clock;
}

/** A server over stdio. `Data` is what its session keeps. */
export interface McpStdio<Data = unknown> {
  /** The session of this process; `null` before the client's first message. */
  readonly session: Session<Data> | null;
  /**
   * Resolves when the connection is over: the client has closed it, the session has ended, or `close` was called. A session
   * without a key has ended then, and that is recorded.
   */
  readonly closed: Promise<void>;
  /** Closes the connection as the client would: what is in flight is aborted. Twice joins the first. */
  close(): Promise<void>;
}

class StdioServing implements McpStdio {
  readonly closed: Promise<void>;
  readonly #options: McpStdioOptions;
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #transport: AccountedTransport;
  readonly #handle: StdioServerHandle;
  #opened: ProcessSession | null = null;
  #endPresence: () => void = () => undefined;
  /** The id by which its session is known to tools; `null`: to none. */
  #servedAs: string | null = null;
  #isOver = false;

  constructor(options: McpStdioOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#onError = heard('serveMcpStdio', options.onError);
    const { requestTimeoutMs = LIMITS.operationTimeoutMs, stdin, stdout } = options;
    let onOver: () => void = () => undefined;
    this.closed = new Promise<void>((resolve) => {
      onOver = resolve;
    }).then(() => this.#over());
    this.#transport = new AccountedTransport({
      wire: new StdioServerTransport(stdin, stdout),
      principal: options.principal ?? null,
      session: (opening) => this.#open(opening),
      told: (error) => this.#told(error),
      requestTimeoutMs,
      onOver,
    });
    const server = madeBy(options.server);
    this.#handle = serveStdio(
      async ({ era }) => this.#named(era, await server(this.#context(era))),
      {
        transport: this.#transport,
        onerror: this.#onError,
      },
    );
  }

  get session(): Session | null {
    return this.#opened?.session ?? null;
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await this.closed;
  }

  async #open(opening: JSONRPCMessage): Promise<Session> {
    const { runtime, principal = null, key = null } = this.#options;
    const opened = await openSession(runtime.as(principal), key, clientOf(opening));
    const { session } = opened;
    this.#opened = opened;
    if (this.#isOver) await this.#leave(session);
    else {
      this.#endPresence = prove(session, runtime.deadlines.idleTimeoutMs, this.#clock);
      const end = (): void => void this.#sessionEnded();
      session.signal.addEventListener('abort', end, { once: true });
      if (session.signal.aborted) end();
    }
    return session;
  }

  #context(era: 'legacy' | 'modern'): McpServerContext {
    const { principal = null } = this.#options;
    // The SDK asks for a server once there is a message, and messages pass once there is a session.
    if (era === 'legacy' && this.#opened !== null) return { era, ...this.#opened, principal };
    return { era: 'modern', session: null, restored: false, principal };
  }

  /** What is said in the tools of a server about its session: `ctx.sessionId`, which `sessionOf` reads. */
  #named(era: 'legacy' | 'modern', server: McpServer | Server): McpServer | Server {
    if (era === 'modern' || this.#opened === null || this.#servedAs !== null) return server;
    const { session } = this.#opened;
    const { id } = session;
    // The SDK connects it to a channel of its own, which names no session.
    const connect = server.connect.bind(server);
    server.connect = (transport) => connect(Object.assign(transport, { sessionId: id }));
    nowServed(id, session);
    this.#servedAs = id;
    return server;
  }

  /** The client is told what became of its requests, and then that it is over. */
  async #sessionEnded(): Promise<void> {
    await this.#transport.settled();
    await this.#handle.close();
  }

  async #over(): Promise<void> {
    this.#isOver = true;
    this.#endPresence();
    if (this.#servedAs !== null) noLongerServed(this.#servedAs);
    if (this.#opened !== null) await this.#leave(this.#opened.session);
  }

  /** Nobody is there any more. A keyed session waits for the next process; any other has had its time. */
  async #leave(session: Session): Promise<void> {
    if (this.#options.key !== undefined) return;
    await session.terminate('client').catch(this.#onError);
  }

  #told(error: unknown): RpcError {
    if (!(error instanceof HoldfastError)) this.#onError(error);
    return error instanceof SessionTerminatedError ? SESSION_ENDED : rpcErrorOf(error);
  }
}

/**
 * Serves MCP over stdin and stdout, in both eras, with the server factory of an HTTP endpoint: the process has one session,
 * from the client's first message on.
 *
 * ```ts
 * const stdio = serveMcpStdio({ runtime, server: createMyServer, principal: userInfo().username, key: 'notes' });
 * process.once('SIGTERM', async () => {
 *   await runtime.drain(); // lets running requests finish, puts the session away or ends it
 *   await stdio.close();
 * });
 * await stdio.closed; // the client has closed stdin
 * await runtime.drain();
 * ```
 *
 * Requests are operations of the session, and so is what its deadlines, `pause` and a drain do to them: a paused session
 * answers with the error of HTTP. The open pipe proves that the client lives, so no silence ends the session; its lifetime
 * does (8 h, or 7 days over a durable store: `deadlines.maxLifetimeMs`), and whoever terminates it. Then the connection is
 * closed too. When the client closes stdin, what is in flight is aborted, unanswered. Then a session without a `key` ends
 * with the reason `client`; a keyed one stays, is put away once it is quiet, or by the drain, and is taken up by the next
 * process with its key: the factory is told `restored: true`, and finds `session.data` as it was left.
 *
 * In the modern era the factory gets `session: null` over stdio too. That revision says that a process is no session, and
 * servers are made alike for all transports: what is to be kept goes behind a handle. `McpStdio.session` is there
 * all the same, and accounts for what passes.
 *
 * Two processes with one key at the same time are for the store to tell apart: a folder has one owner.
 * Throws `InvalidOptionError`, among others for a `key` without a `principal`.
 */
export const serveMcpStdio = <Data = unknown>(options: McpStdioOptions<Data>): McpStdio<Data> => {
  checkOptions(options);
  // Inside, the type of the data is nobody's business: the runtime and the factory agree on it.
  return new StdioServing(options as McpStdioOptions) as McpStdio<Data>;
};

const KNOWN = {
  runtime: true,
  server: true,
  principal: true,
  key: true,
  requestTimeoutMs: true,
  stdin: true,
  stdout: true,
  onError: true,
  clock: true,
} as const satisfies Names<McpStdioOptions>;

const checkOptions = <Data>(options: McpStdioOptions<Data>): void => {
  checkGiven('serveMcpStdio', KNOWN, options, ['as']);
  const { key, principal = null, requestTimeoutMs, stdin, stdout } = options;
  if (requestTimeoutMs !== undefined) checkedDuration('requestTimeoutMs', requestTimeoutMs, 1);
  if ('principal' in options && options.principal === undefined) {
    throw new InvalidOptionError('principal', undefined, 'a name, null for nobody, or left out');
  }
  if (principal !== null) checkedPrincipal(principal);
  if (key !== undefined) checkedKey('key', key);
  if (key !== undefined && principal === null) {
    throw new InvalidOptionError('principal', principal, 'a name where a key is given');
  }
  refuseWithout('stdin', stdin, ['on', 'pause'], 'a stream to read from');
  refuseWithout('stdout', stdout, ['write'], 'a stream to write to');
};
