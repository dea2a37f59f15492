import { type HoldfastError, SessionTerminatedError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Session } from '../runtime/session.ts';
import type { OperationOptions } from '../runtime/work/work.ts';
import {
  invalidRequest,
  pong,
  type RpcError,
  refusedRequests,
  rpcErrorOf,
  SESSION_ENDED,
} from './answers.ts';
import type { Connection, Post } from './connection.ts';
import type { Held } from './connections.ts';
import { followBody } from './followed-body.ts';
import type { Inbound } from './inbound.ts';

type TimeoutMs = NonNullable<OperationOptions['timeoutMs']>;

/** A session, and the way to its connection, which may have to be made. */
export interface Exchanging {
  readonly session: Session;
  /** The connection it has at this moment. */
  connection(): Connection | null;
  /** The connection, made where there is none. It stays until it is given back. */
  hold(): Promise<Held>;
}

interface Answering {
  readonly response: Response;
  /** Resolves when every answer is written, whether or not the client reads it. */
  readonly ended: Promise<void>;
}

const isStream = (response: Response): boolean =>
  response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;

const inFlight = (): Response => invalidRequest('a request with this id is in flight');

/** Gives a POST whose request ids are taken to the SDK. */
const answer = async (
  connection: Connection,
  post: Post,
  request: Request,
  inbound: Inbound,
): Promise<Answering> => {
  const response = await connection.handle(request, inbound.body);
  for (const id of inbound.cancelled) await connection.cancelled(id);
  const { body } = response;
  if (body === null || !isStream(response)) return { response, ended: Promise.resolve() };
  const followed = followBody(body, request, 'read-on');
  post.hasRoom = followed.hasRoom;
  return { response: new Response(followed.body, response), ended: followed.ended };
};

/** What the client is told of requests that were aborted. That the session has ended, but not why. */
const abortError = (reason: unknown): RpcError =>
  reason instanceof SessionTerminatedError ? SESSION_ENDED : rpcErrorOf(reason);

/** Has the requests of a POST answered, until every answer is written or the signal is aborted. */
const serve = async (
  connection: Connection,
  request: Request,
  inbound: Inbound,
  signal: AbortSignal,
  respond: (response: Response) => void,
): Promise<void> => {
  const ids = inbound.requests.map(({ id }) => id);
  const post = connection.take(ids);
  if (post === null) return respond(inFlight());
  const onAbort = (): void => void connection.abort(ids, abortError(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { response, ended } = await answer(connection, post, request, inbound);
    respond(response);
    await ended;
  } finally {
    signal.removeEventListener('abort', onAbort);
    connection.release(ids);
  }
};

/**
 * A POST that holds requests: an operation of the session from here until every answer is written, and not
 * only while the client listens. When the operation is aborted (its time is up, the runtime drains, the
 * session ends), the handlers get their signal and the client an error. Inside it the session is in memory, and stays
 * there: so the connection is looked for there, and made where a hibernation or a restart has taken it.
 */
const exchangeRequests = (
  { session, hold }: Exchanging,
  request: Request,
  inbound: Inbound,
  timeoutMs: TimeoutMs,
): Promise<Response> => {
  const method = inbound.batch ? 'batch' : inbound.requests[0]?.method;
  // The client's own word for it: any text, of any length.
  const name = method?.slice(0, LIMITS.operationNameLength) || 'other';
  return new Promise<Response>((resolve, reject) => {
    session
      .run(
        name,
        async ({ signal }) => {
          const { connection, release } = await hold();
          try {
            // Its caller was told already.
            if (!signal.aborted) await serve(connection, request, inbound, signal, resolve);
          } finally {
            release();
          }
        },
        { timeoutMs },
      )
      // Once a response is given this has no effect: the error has been told in it.
      .catch(reject);
  });
};

/**
 * A POST of pings: proof of life, neither work nor activity, and answered in every state. A session without a connection
 * is given none for it, and a stored one is not woken: whoever answers for it is alive.
 */
const exchangePings = async (
  { session, connection: connected }: Exchanging,
  request: Request,
  inbound: Inbound,
): Promise<Response> => {
  session.beat();
  const connection = connected();
  if (connection === null) return pong(inbound.requests, inbound.batch);
  const ids = inbound.requests.map(({ id }) => id);
  const post = connection.take(ids);
  if (post === null) return inFlight();
  const release = (): void => connection.release(ids);
  try {
    const { response, ended } = await answer(connection, post, request, inbound);
    void ended.then(release);
    return response;
  } catch (error) {
    release();
    throw error;
  }
};

/** A POST that holds nothing an answer is due to. Notifications are let in while the session is paused. */
const exchangeNotices = async (
  { session, hold }: Exchanging,
  request: Request,
  inbound: Inbound,
): Promise<Response> => {
  await session.touch();
  const { connection, release } = await hold();
  try {
    const response = await connection.handle(request, inbound.body);
    for (const id of inbound.cancelled) await connection.cancelled(id);
    return response;
  } finally {
    release();
  }
};

/** Serves one POST on a session. Rejects with what refuses the whole of it. */
export const exchange = async (
  exchanging: Exchanging,
  request: Request,
  inbound: Inbound,
  timeoutMs: TimeoutMs,
): Promise<Response> => {
  if (inbound.ping) return exchangePings(exchanging, request, inbound);
  if (inbound.requests.length === 0) return exchangeNotices(exchanging, request, inbound);
  return exchangeRequests(exchanging, request, inbound, timeoutMs);
};

/** A paused session is there, but takes no requests: that is told in their answers, never by a status. */
export const refuse = (inbound: Inbound, error: HoldfastError): Response =>
  refusedRequests(inbound.requests, inbound.batch, rpcErrorOf(error));
