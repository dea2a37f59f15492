import type { HoldfastError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { OperationOptions } from '../runtime/work.ts';
import { invalidRequest, refusedRequests, rpcErrorOf } from './answers.ts';
import type { Connection } from './connection.ts';
import { followBody } from './followed-body.ts';
import type { Inbound } from './inbound.ts';

type TimeoutMs = NonNullable<OperationOptions['timeoutMs']>;

const isStream = (response: Response): boolean =>
  response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;

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
  if (!connection.take(ids)) return invalidRequest('a request with this id is in flight');
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
            const response = await connection.handle(request, inbound.body);
            const { body } = response;
            if (body === null || !isStream(response)) {
              resolve(response);
              return;
            }
            await new Promise<void>((ended) => {
              const followed = followBody(body, request.signal, 'read-on', ended);
              resolve(new Response(followed, response));
            });
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
  if (inbound.ping) {
    // Proof of life: no work, no activity, and answered in every state.
    connection.session.beat();
    return connection.handle(request, inbound.body);
  }
  if (inbound.requests.length === 0) return exchangeNotices(connection, request, inbound);
  return exchangeRequests(connection, request, inbound, timeoutMs);
};

/** A paused session is there, but takes no requests: that is told in their answers, never by a status. */
export const refuse = (inbound: Inbound, error: HoldfastError): Response =>
  refusedRequests(inbound.requests, inbound.batch, rpcErrorOf(error));
