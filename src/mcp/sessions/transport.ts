/** The id of a JSON-RPC request. */
export type RequestId = string | number;

/** A JSON-RPC message, as far as the transport is concerned. */
export type Message = object;

/** What an HTTP request was, as SDK 1.x tells it to handlers. */
export interface RequestInfo {
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
}

/** What comes with a message from the client: both SDKs hand it on to handlers. */
export interface MessageExtra {
  /** The HTTP request, for SDK 2.x. */
  readonly request?: unknown;
  /** The same, for SDK 1.x: a `RequestInfo`. */
  readonly requestInfo?: unknown;
  /** What the framework's own authentication found. */
  readonly authInfo?: unknown;
  /** Closes the connection of the request's stream; the client comes again for the rest. Only where it can. */
  readonly closeSSEStream?: (() => void) | undefined;
  /** The same for the stream of what the server says unasked. */
  readonly closeStandaloneSSEStream?: (() => void) | undefined;
}

/** Where what a server sends goes to. */
export interface Wire {
  /**
   * `about`: the id of the request it belongs to. What it returns is awaited: where a client does not keep up, that takes
   * until it has read on. Throws, or rejects, for an answer nobody waits for.
   */
  sent(message: Message, about: RequestId | undefined): unknown;
  /** The server has closed its transport. */
  closed(): void;
}

/**
 * The transport of one session: what both SDKs call a `Transport`, and nothing of HTTP. It is fed by the endpoint
 * (`onmessage`) and has everything the server sends handed on. It lives as long as its server.
 */
export class SessionTransport {
  readonly sessionId: string;
  onclose: (() => void) | undefined = undefined;
  onerror: ((error: Error) => void) | undefined = undefined;
  onmessage: ((message: Message, extra?: MessageExtra) => void) | undefined = undefined;
  /** The revision the client and the server agreed on; `null` before. */
  protocolVersion: string | null = null;
  readonly #wire: Wire;
  #closed = false;

  constructor(sessionId: string, wire: Wire) {
    this.sessionId = sessionId;
    this.#wire = wire;
  }

  /** Called by the server as it connects. */
  async start(): Promise<void> {}

  /**
   * Sends a message of the server. Resolves once it is written, or is left out, so whoever awaits it goes at the client's
   * pace. Rejects for an answer nobody waits for.
   */
  async send(
    message: Message,
    options?: { readonly relatedRequestId?: RequestId | undefined },
  ): Promise<void> {
    await this.#wire.sent(message, options?.relatedRequestId);
  }

  /** Called by the server as it closes. Twice is once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#wire.closed();
    } finally {
      this.onclose?.();
    }
  }

  /** Called by the server once the revision is agreed on. */
  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
  }
}
