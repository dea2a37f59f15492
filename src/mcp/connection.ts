import type {
  JSONRPCNotification,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Session } from '../runtime/session.ts';
import { type RequestId, RPC, type RpcError, SESSION_ENDED } from './answers.ts';

/**
 * What one live session has in this process: the SDK's transport and the server behind it. It lives from
 * `initialize` until the session ends, and then lets go of both.
 */
export class Connection {
  readonly session: Session;
  readonly #transport: WebStandardStreamableHTTPServerTransport;
  readonly #server: McpServer;
  readonly #inFlight = new Set<RequestId>();
  #closing: Promise<void> | null = null;

  constructor(
    session: Session,
    transport: WebStandardStreamableHTTPServerTransport,
    server: McpServer,
  ) {
    this.session = session;
    this.#transport = transport;
    this.#server = server;
  }

  /** Gives a request to the SDK. `body`: the parsed body of a POST. */
  handle(request: Request, body?: unknown): Promise<Response> {
    return this.#transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
  }

  /**
   * Takes these request ids for one POST. False when one of them awaits its answer already: the SDK would
   * send both answers to the later POST, and the earlier one would wait for ever.
   */
  take(ids: readonly RequestId[]): boolean {
    if (new Set(ids).size < ids.length || ids.some((id) => this.#inFlight.has(id))) return false;
    for (const id of ids) this.#inFlight.add(id);
    return true;
  }

  /** Gives request ids back, once their POST is answered. */
  release(ids: readonly RequestId[]): void {
    for (const id of ids) this.#inFlight.delete(id);
  }

  /**
   * The client has cancelled a request. The SDK aborts the handler and then never ends the POST's stream,
   * so that is done here; by the protocol no answer is sent.
   */
  async cancelled(id: RequestId): Promise<void> {
    if (!this.#inFlight.has(id)) return;
    this.#transport.closeSSEStream(id);
    // With its stream closed this sends nothing. It makes the transport forget the request.
    await this.#answer(id, { code: RPC.serverError, message: 'Cancelled' });
  }

  /**
   * Aborts the handlers of these requests and answers them with the error. All of it is done before the
   * first await: afterwards their ids may be given back, and belong to other requests.
   */
  async abort(ids: readonly RequestId[], error: RpcError): Promise<void> {
    const answers = ids.map((id) => {
      const cancel: JSONRPCNotification = {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id, reason: error.message },
      };
      this.#transport.onmessage?.(cancel);
      return this.#answer(id, error);
    });
    await Promise.all(answers);
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
    await this.abort([...this.#inFlight], SESSION_ENDED);
    // The server closes its transport; closing the transport as well covers a server that has lost it.
    await this.#server.close().catch(() => {});
    await this.#transport.close().catch(() => {});
  }

  async #answer(id: RequestId, error: RpcError): Promise<void> {
    // It throws for a request that was answered meanwhile.
    await this.#transport.send({ jsonrpc: '2.0', id, error }).catch(() => {});
  }
}
