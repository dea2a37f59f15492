import { type HoldfastError, SessionTerminatedError } from '../../errors.ts';
import { randomBase64url } from '../../identity/randomness.ts';
import { LIMITS } from '../../limits.ts';
import type { Session } from '../../runtime/session.ts';
import {
  accepted,
  invalidRequest,
  pong,
  type RpcError,
  refusedRequests,
  rpcErrorOf,
  SESSION_ENDED,
} from './answers.ts';
import type { Connection } from './connection.ts';
import type { Held } from './connections.ts';
import type { Inbound } from './inbound.ts';
import { isId } from './json-rpc.ts';
import type { LegContext } from './leg-context.ts';
import { extraOf, resumableExtra } from './message-extra.ts';
import type { Post } from './post.ts';
import { restore } from './restoring.ts';
import { isPingId } from './streams/presence.ts';
import type { MessageExtra } from './transport.ts';

/** One POST on a session. */
export interface Exchange {
  readonly context: LegContext;
  readonly session: Session;
  readonly request: Request;
  readonly inbound: Inbound;
  readonly authInfo: unknown;
  /** Whether the client can come again for the rest of a stream before it has had a message of it. */
  readonly primed: boolean;
}

/** How long a client waits before it opens another stream in place of one that was closed by a tool, ms. */
const COME_AGAIN_MS = LIMITS.retryAfterMs;

/** Its operation is only to be told from the others of its session: a UUID would cost five times as much, with every call. */
const OPERATION_ID_BYTES = 12;

const inFlight = (): Response => invalidRequest('a request with this id is in flight');

/** What the client is told of requests that were aborted. That the session has ended, but not why. */
const abortError = (reason: unknown): RpcError =>
  reason instanceof SessionTerminatedError ? SESSION_ENDED : rpcErrorOf(reason);

/** The connection, made where there is none. It stays until it is given back. */
const hold = ({ context, session, authInfo }: Exchange): Promise<Held> =>
  context.connections.hold(session, restore(context, authInfo));

/** Gives the server every message of a POST. What an answer is due to may be resumed, if there is a `post`. */
const deliver = (connection: Connection, exchange: Exchange, post: Post | null): void => {
  const { context, inbound, request, authInfo, primed } = exchange;
  const extra = extraOf(request, authInfo);
  const id = connection.transport.sessionId;
  const ofRequests: MessageExtra =
    post !== null && primed
      ? resumableExtra(extra, post, () => context.open.closeOf(id, COME_AGAIN_MS))
      : extra;
  for (const message of inbound.messages) {
    connection.deliver(message, isId(message['id']) ? ofRequests : extra);
  }
  for (const cancelled of inbound.cancelled) connection.cancelled(cancelled);
};

/** Has the requests of a POST answered, until every one is or the signal is aborted. */
const serve = async (
  connection: Connection,
  exchange: Exchange,
  signal: AbortSignal,
  respond: (response: Response) => void,
): Promise<void> => {
  const { context, inbound, primed } = exchange;
  const post = connection.take(inbound, {
    batch: inbound.batch,
    streams: context.streams,
    primed,
    respond,
  });
  if (post === null) return respond(inFlight());
  const onAbort = (): void =>
    connection.abort(
      inbound.requests.map(({ id }) => id),
      abortError(signal.reason),
    );
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    deliver(connection, exchange, post);
    await post.ended;
  } finally {
    signal.removeEventListener('abort', onAbort);
    connection.release(inbound);
  }
};

/**
 * A POST that holds requests: an operation of the session from here until every request is answered, and not
 * only while the client listens. When the operation is aborted (its time is up, the runtime drains, the
 * session ends), the handlers get their signal and the client an error. Inside it the session is in memory, and stays
 * there: so the connection is looked for there, and made where a hibernation or a restart has taken it.
 */
const exchangeRequests = (exchange: Exchange): Promise<Response> => {
  const { context, session, inbound } = exchange;
  const method = inbound.batch ? 'batch' : inbound.requests[0]?.method;
  const { timeoutMs } = context;
  return new Promise<Response>((resolve, reject) => {
    session
      .run(
        // The client's own word for it: any text, of any length.
        method?.slice(0, LIMITS.operationNameLength) || 'other',
        async ({ signal }) => {
          const { connection, release } =
            context.connections.held(session.id) ?? (await hold(exchange));
          try {
            // Its caller was told already.
            if (!signal.aborted) await serve(connection, exchange, signal, resolve);
          } finally {
            release();
          }
        },
        { id: randomBase64url(OPERATION_ID_BYTES), timeoutMs },
      )
      // Once a response is given this has no effect: the error has been told in it.
      .catch(reject);
  });
};

/**
 * A POST of pings: proof of life, neither work nor activity, and answered in every state, without the server: a session
 * without one is given none for it, and a stored one is not woken.
 */
const exchangePings = ({ context, session, inbound }: Exchange): Response => {
  session.beat();
  const ids = inbound.requests.map(({ id }) => id);
  const connection = context.connections.get(session.id);
  const free = connection?.isFree(ids) ?? new Set(ids).size === ids.length;
  return free ? pong(inbound.requests, inbound.batch, session.id) : inFlight();
};

/**
 * A POST of answers to requests of the server. Those to pings of the endpoint are proof of life. Another one is an activity
 * where the server waits for it; where nobody does (the server that asked is gone), nothing is woken to hear of it.
 */
const exchangeAnswers = async (exchange: Exchange): Promise<Response> => {
  const { context, session, inbound } = exchange;
  const answers = inbound.answers ?? [];
  for (const id of answers) if (isPingId(id)) context.open.pong(session, id);
  const connection = context.connections.get(session.id);
  if (connection === null || !answers.some((id) => connection.waitsFor(id))) return accepted();
  await session.touch();
  deliver(connection, exchange, null);
  return accepted();
};

/** A POST that holds nothing an answer is due to. Notifications are let in while the session is paused. */
const exchangeNotices = async (exchange: Exchange): Promise<Response> => {
  await exchange.session.touch();
  const { connection, release } = await hold(exchange);
  try {
    deliver(connection, exchange, null);
    return accepted();
  } finally {
    release();
  }
};

/** Serves one POST on a session. Rejects with what refuses the whole of it. */
export const exchange = async (given: Exchange): Promise<Response> => {
  const { inbound } = given;
  if (inbound.answers !== null) return exchangeAnswers(given);
  if (inbound.ping) return exchangePings(given);
  if (inbound.requests.length === 0) return exchangeNotices(given);
  return exchangeRequests(given);
};

/** A paused session is there, but takes no requests: that is told in their answers, never by a status. */
export const refuse = (inbound: Inbound, error: HoldfastError): Response =>
  refusedRequests(inbound.requests, inbound.batch, rpcErrorOf(error));
