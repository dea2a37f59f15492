import type { HoldfastError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { OperationOptions } from '../runtime/work/work.ts';
import { invalidRequest, refusedRequests, rpcErrorOf } from './answers.ts';
import type { Connection, Post } from './connection.ts';
import { followBody } from './followed-body.ts';
import type { Inbound } from './inbound.ts';

type TimeoutMs = NonNullable<OperationOptions['timeoutMs']>;

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
  const followed = followBody(body, request.signal, 'read-on');
  post.hasRoom = followed.hasRoom;
  return { response: new Response(followed.body, response), ended: followed.ended };
};

/**
 * A POST that holds requests: an operation of the session from here until every answer is written, and not
 * only while the client listens. When the operation is aborted (its time is up, the runtime drains, the
 * session ends), the handlers get their signal and the client an error.
 */
const exchangeRequests = async (
  connection: Connection,
  request: Request,
  inbound: Inbound,
  timeoutMs: TimeoutMs,
): Promise<Response> => {
  const ids = inbound.requests.map(({ id }) => id);
  const post = connection.take(ids);
  if (post === null) return inFlight();
  const method = inbound.batch ? 'batch' : inbound.requests[0]?.method;
  // The client's own word for it: any text, of any length.
  const name = method?.slice(0, LIMITS.operationNameLength) || 'other';
  return new Promise<Response>((resolve, reject) => {
    connection.session
      .run(
        name,
        async ({ signal }) => {
          const onAbort = (): void => void connection.abort(ids, rpcErrorOf(signal.reason));
          signal.addEventListener('abort', onAbort, { once: true });
          try {
            const { response, ended } = await answer(connection, post, request, inbound);
            resolve(response);
            await ended;
          } finally {
            signal.removeEventListener('abort', onAbort);
          }
        },
        { timeoutMs },
      )
      .finally(() => connection.release(ids))
      // Once a response is given this has no effect: the error has been told in it.
      .catch(reject);
  });
};

/** A POST of pings: proof of life, neither work nor activity, and answered in every state. */
const exchangePings = async (
  connection: Connection,
  request: Request,
  inbound: Inbound,
): Promise<Response> => {
  connection.session.beat();
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
  connection: Connection,
  request: Request,
  inbound: Inbound,
): Promise<Response> => {
  await connection.session.touch();
  const response = await connection.handle(request, inbound.body);
  for (const id of inbound.cancelled) await connection.cancelled(id);
  return response;
};

/** Serves one POST on a live session. Rejects with what refuses the whole of it. */
export const exchange = async (
  connection: Connection,
  request: Request,
  inbound: Inbound,
  timeoutMs: TimeoutMs,
): Promise<Response> => {
  if (inbound.ping) return exchangePings(connection, request, inbound);
  if (inbound.requests.length === 0) return exchangeNotices(connection, request, inbound);
  return exchangeRequests(connection, request, inbound, timeoutMs);
};

/** A paused session is there, but takes no requests: that is told in their answers, never by a status. */
export const refuse = (inbound: Inbound, error: HoldfastError): Response =>
  refusedRequests(inbound.requests, inbound.batch, rpcErrorOf(error));
