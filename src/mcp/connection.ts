import type {
  JSONRPCMessage,
  JSONRPCNotification,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Session } from '../runtime/session.ts';
import { type RequestId, RPC, type RpcError, SESSION_ENDED } from './answers.ts';

/** What the requests of one POST share: their answers come in one stream. */
export interface Post {
  /** Those that still await their answer. */
  readonly open: Set<RequestId>;
  /** Whether the client has read enough of the stream to be sent what may be left out. */
  hasRoom: () => boolean;
}

/**
 * What one live session has in this process: the SDK's transport and the server behind it. It lives from
 * `initialize` until the session ends, and then lets go of both.
 */
export class Connection {
  readonly session: Session;
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  readonly #server: McpServer;
  readonly #posts = new Map<RequestId, Post>();
  #closing: Promise<void> | null = null;

  constructor(
    session: Session,
    transport: WebStandardStreamableHTTPServerTransport,
    server: McpServer,
  ) {
    this.session = session;
    this.#transport = transport;
    this.#server = server;
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      if (this.#isSent(message, options?.relatedRequestId)) await send(message, options);
    };
  }

  /** Gives a request to the SDK. `body`: the parsed body of a POST. */
  handle(request: Request, body?: unknown): Promise<Response> {
    return this.#transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
  }

  /**
   * Takes these request ids for one POST. `null` when one of them awaits its answer already: the SDK would
   * send both answers to the later POST, and the earlier one would wait for ever.
   */
  take(ids: readonly RequestId[]): Post | null {
    const open = new Set(ids);
    if (open.size < ids.length || ids.some((id) => this.#posts.has(id))) return null;
    const post: Post = { open, hasRoom: () => true };
    for (const id of ids) this.#posts.set(id, post);
    return post;
  }

  /** Gives request ids back, once their POST is answered. */
  release(ids: readonly RequestId[]): void {
    for (const id of ids) this.#posts.delete(id);
  }

  /**
   * The client has cancelled a request. The SDK aborts the handler and then never ends the POST's stream,
   * so that is done here. By the protocol no answer is sent; only where others of its batch still await
   * theirs it is answered with an error, because the SDK would never end the stream they share.
   */
  async cancelled(id: RequestId): Promise<void> {
    const post = this.#posts.get(id);
    if (!post?.open.has(id)) return;
    // With its stream closed the answer goes nowhere. It makes the transport forget the request.
    if (post.open.size === 1) this.#transport.closeSSEStream(id);
    await this.#stop(id, { code: RPC.serverError, message: 'Cancelled' });
  }

  /**
   * Aborts the handlers of those of these requests that are not answered, and answers them with the error.
   * All of it is done before the first await: afterwards their ids may be given back, and belong to other
   * requests.
   */
  async abort(ids: readonly RequestId[], error: RpcError): Promise<void> {
    const unanswered = ids.filter((id) => this.#posts.get(id)?.open.has(id));
    await Promise.all(unanswered.map((id) => this.#stop(id, error)));
  }

  /** Answers what is in flight, then closes transport and server. Twice is once. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The transport has closed. Where its server did that by itself, the session ends: nobody can use it. */
  transportClosed(): void {
    if (this.#closing === null) void this.session.terminate('operator').catch(() => {});
  }

  async #close(): Promise<void> {
    await this.abort([...this.#posts.keys()], SESSION_ENDED);
    // The server closes its transport; closing the transport as well covers a server that has lost it.
    await this.#server.close().catch(() => {});
    await this.#transport.close().catch(() => {});
  }

  /** Aborts the handler of a request and answers it with the error. */
  async #stop(id: RequestId, error: RpcError): Promise<void> {
    const cancel: JSONRPCNotification = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: id, reason: error.message },
    };
    this.#transport.onmessage?.(cancel);
    // It throws for a request that the SDK has forgotten.
    await this.#transport.send({ jsonrpc: '2.0', id, error }).catch(() => {});
  }

  /**
   * Hears of every message the server sends. Notifications to a client that does not read are left out:
   * they would wait in memory without a limit, and a handler that tells much must not lose its answer.
   */
  #isSent(message: JSONRPCMessage, about: RequestId | undefined): boolean {
    if (!('method' in message)) {
      const { id } = message;
      if (id !== undefined) this.#posts.get(id)?.open.delete(id);
      return true;
    }
    return 'id' in message || about === undefined || this.#posts.get(about)?.hasRoom() !== false;
  }
}
