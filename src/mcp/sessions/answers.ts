import {
  CapacityError,
  DrainingError,
  HoldfastError,
  InvalidOptionError,
  InvalidSessionIdError,
  SessionNotFoundError,
  SessionTerminatedError,
  SessionUnreadableError,
  StoreError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { RequestId } from './transport.ts';

/** The error of a JSON-RPC answer. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  /** Holdfast's own code of it, and whether the same request may succeed later. */
  readonly data?: { readonly code: string; readonly retryable: boolean };
}

/** Codes of JSON-RPC itself, and the two the SDK's own transport uses for everything of a server. */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  invalidParams: -32602,
  internalError: -32603,
  serverError: -32000,
  sessionNotFound: -32001,
} as const;

const answer = (
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });

/** 400: a request that needs a session names none. */
export const missingSessionId = (): Response =>
  answer(400, RPC.serverError, 'Bad Request: Mcp-Session-Id header is required');

/** 400: the body is no JSON. */
export const notJson = (): Response =>
  answer(400, RPC.parseError, 'Parse error: the request body is not valid JSON');

/** 400: the body is JSON, but no JSON-RPC message or batch of messages; or something about it is wrong. */
export const invalidRequest = (why: string): Response =>
  answer(400, RPC.invalidRequest, `Invalid Request: ${why}`);

/** 400: the id of a request awaits its answer already, and nobody could tell the two apart. */
export const inFlight = (): Response => invalidRequest('a request with this id is in flight');

/** 403: the request was sent to a name, or comes from a page, that the endpoint's `option` does not list. */
export const forbidden = (why: string, option: 'allowedHosts' | 'allowedOrigins'): Response =>
  answer(403, RPC.serverError, `${why} (the server's option ${option} does not list it)`);

/**
 * 404, the same bytes for a malformed, an unknown, an ended and somebody else's id, so that nobody learns
 * which ids exist. A client that gets it opens a new session.
 */
const sessionNotFound = (): Response => answer(404, RPC.sessionNotFound, 'Session not found');

/** 405, with the verbs there are. */
export const methodNotAllowed = (): Response =>
  answer(405, RPC.serverError, 'Method not allowed.', { allow: 'GET, POST, DELETE' });

/** 406: the client does not take what would be sent. */
export const notAcceptable = (): Response =>
  answer(
    406,
    RPC.serverError,
    'Not Acceptable: Client must accept both application/json and text/event-stream',
  );

/** 406: the client does not take a stream. */
export const streamNotAcceptable = (): Response =>
  answer(406, RPC.serverError, 'Not Acceptable: Client must accept text/event-stream');

/** 400: the client speaks a revision that has no sessions, or that nobody knows. */
export const unsupportedVersion = (version: string, supported: Iterable<string>): Response => {
  const known = [...supported].join(', ');
  const named = version.slice(0, LIMITS.clientNameLength);
  const why = `Unsupported protocol version: ${named} (supported versions: ${known})`;
  return answer(400, RPC.serverError, `Bad Request: ${why}`);
};

/**
 * 413: the body is longer than `mostBytes`. What is left of it is on its way still, and nothing after it on this connection
 * could be read: so the client is told to use another.
 */
export const bodyTooLarge = (mostBytes: number): Response =>
  answer(
    413,
    RPC.serverError,
    `Payload Too Large: the request body must not exceed ${mostBytes} bytes`,
    { connection: 'close' },
  );

/** 415: the body does not say that it is JSON. */
export const notJsonContentType = (): Response =>
  answer(415, RPC.serverError, 'Unsupported Media Type: Content-Type must be application/json');

/** 500. What went wrong is told to `onError` and not to the client. */
export const internalError = (): Response =>
  answer(500, RPC.internalError, 'Internal server error');

/** 503 with Retry-After: try again later. */
export const unavailable = (why: string, retryAfterMs: number): Response =>
  answer(503, RPC.serverError, `Service Unavailable: ${why}`, {
    'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))),
  });

/** 202: taken in, and nothing to say to it. */
export const accepted = (): Response => new Response(null, { status: 202 });

/** 200 with one answer, or those of a batch. */
export const jsonAnswer = (body: unknown, sessionId: string): Response =>
  jsonTextAnswer(JSON.stringify(body), sessionId);

/** The same, of what is JSON already. */
export const jsonTextAnswer = (json: string, sessionId: string): Response =>
  new Response(json, {
    headers: { 'content-type': 'application/json', 'mcp-session-id': sessionId },
  });

/** 200 with what the server has against an `initialize`: there is no session. */
export const refusedOpening = (answer: unknown): Response => Response.json(answer);

/** 200 with an error for each of these requests: the session is there, but the requests are refused. */
export const refusedRequests = (
  requests: readonly { readonly id: RequestId }[],
  batch: boolean,
  error: RpcError,
): Response => {
  const errors = requests.map(({ id }) => ({ jsonrpc: '2.0', id, error }));
  return Response.json(batch ? errors : errors[0]);
};

/** 200 with the answer to each of these pings, which needs no server. */
export const pong = (
  pings: readonly { readonly id: RequestId }[],
  batch: boolean,
  sessionId: string,
): Response => {
  const answers = pings.map(({ id }) => ({ jsonrpc: '2.0', id, result: {} }));
  return jsonAnswer(batch ? answers : answers[0], sessionId);
};

/** What a request in flight is answered with when its session ends. The reason is not told. */
export const SESSION_ENDED: RpcError = {
  code: RPC.serverError,
  message: 'The session has ended.',
  data: { code: 'ERR_HOLDFAST_TERMINATED', retryable: false },
};

/** The same when its server goes, and the session goes on: in another process, or behind another endpoint. */
export const SERVER_CLOSING: RpcError = {
  code: RPC.serverError,
  message: 'The server is closing. The request may be done in part.',
  data: { code: 'ERR_HOLDFAST_DRAINING', retryable: true },
};

/** What a request of a batch is answered with that its client has cancelled. */
export const CANCELLED: RpcError = { code: RPC.serverError, message: 'Cancelled' };

/** What a client is told of an error in the answer to its request. Only Holdfast's own are told. */
export const rpcErrorOf = (error: unknown): RpcError => {
  if (!(error instanceof HoldfastError)) {
    return { code: RPC.internalError, message: 'Internal error' };
  }
  return {
    code: RPC.serverError,
    message: error.message,
    data: { code: error.code, retryable: error.retryable },
  };
};

/** The answer to a request that the runtime refused; `null` for an error that is no refusal. */
export const answerOf = (error: unknown): Response | null => {
  if (
    error instanceof InvalidSessionIdError ||
    error instanceof SessionNotFoundError ||
    error instanceof SessionTerminatedError
  ) {
    return sessionNotFound();
  }
  if (error instanceof CapacityError && error.limit === 'maxPerPrincipal') {
    const why =
      'No room for another session: the caller has as many as it may, and none can make way';
    return unavailable(why, LIMITS.quotaRetryAfterMs);
  }
  if (error instanceof CapacityError || error instanceof DrainingError) {
    return unavailable(error.message, error.retryAfterMs);
  }
  // It is not known whether the session is there: the client must not take it for lost.
  if (error instanceof StoreError) {
    return unavailable('the sessions cannot be read now', LIMITS.retryAfterMs);
  }
  // The session is there, and another process may be able to read it. Why this one is not is for its operator.
  if (error instanceof SessionUnreadableError) {
    return unavailable('this session cannot be read now', LIMITS.retryAfterMs);
  }
  if (error instanceof InvalidOptionError) {
    return answer(400, RPC.invalidParams, `Invalid params: ${error.message}`);
  }
  return null;
};
