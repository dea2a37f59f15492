/** What an adapter hands over beside a request. */
export interface FetchContext {
  /**
   * Whom the framework's own authentication found. Handed on as it is, never read from a header here: who takes it for
   * the truth relies on the framework, not on the client.
   */
  readonly authInfo?: unknown;
  /** The body as JSON, where a body parser has taken it already. The request has no body then. */
  readonly parsedBody?: unknown;
}

/**
 * Anything that answers requests: an endpoint of `holdfast/mcp`, or the handler that `createMcpHandler` of the SDK makes.
 *
 * `request.signal` is aborted when the client leaves before the answer is whole. A body that is written (`writtenResponse`)
 * is told by `BodyWriter.gone` instead, and the request's signal is let go of once it has begun.
 */
export interface Fetchable {
  /** Answers one request. Should not reject: what it rejects with is answered with 500. */
  fetch(request: Request, context?: FetchContext): Promise<Response>;
}
