import { type HoldfastError, SessionTerminatedError } from '../../errors.ts';
import { randomBase64url } from '../../identity/randomness.ts';
import type { Session } from '../../runtime/session.ts';
import {
  accepted,
  inFlight,
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
import { NONE, Place } from './place.ts';
import { COME_AGAIN_MS, type Post } from './post.ts';
import { restore } from './restoring.ts';
import { isPingId } from './streams/presence.ts';
import type { MessageExtra, RequestId } from './transport.ts';

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

/** Its operation is only to be told from the others of its session: a UUID would cost five times as much, with every call. */
const OPERATION_ID_BYTES = 12;

/** What the client is told of requests that were aborted. That the session has ended, but not why. */
const abortError = (reason: unknown): RpcError =>
  reason instanceof SessionTerminatedError ? SESSION_ENDED : rpcErrorOf(reason);

/** The connection, made where there is none. It stays until it is given back. */
const hold = ({ context, session, authInfo }: Exchange): Promise<Held> =>
  context.connections.hold(session, restore(context, authInfo));

/**
 * Gives the server every message of a POST but the requests that were cancelled before. What an answer is due to may be
 * resumed, if there is a `post`.
 */
const deliver = (
  connection: Connection,
  exchange: Exchange,
  post: Post | null,
  withdrawn: ReadonlySet<RequestId> = NONE,
): void => {
  const { context, inbound, request, authInfo, primed } = exchange;
  const extra = extraOf(request, authInfo);
  const id = connection.transport.sessionId;
  const ofRequests: MessageExtra =
    post !== null && primed
      ? resumableExtra(extra, post, () => context.open.closeOf(id, COME_AGAIN_MS))
      : extra;
  // First: as long as others of their batch are open they are answered with an error.
  for (const cancelled of withdrawn) connection.cancelled(cancelled);
  for (const message of inbound.messages) {
    const { id: own, method } = message;
    if (!isId(own)) connection.deliver(message, extra);
    else if (method === undefined || !withdrawn.has(own)) connection.deliver(message, ofRequests);
  }
  for (const cancelled of inbound.cancelled) connection.cancelled(cancelled);
};

/** A POST with requests that has its place. */
interface Begun {
  readonly signal: AbortSignal;
  /** Those of its requests that were cancelled before. */
  readonly withdrawn: ReadonlySet<RequestId>;
}

/** Has the requests of a POST answered, until every one is or the signal is aborted. */
const serve = async (
  connection: Connection,
  exchange: Exchange,
  { signal, withdrawn }: Begun,
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
    deliver(connection, exchange, post, withdrawn);
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
  const { timeoutMs, queued } = context;
  if (!queued.isFree(session.id, inbound.requests)) return Promise.resolve(inFlight());
  return new Promise<Response>((resolve, reject) => {
    const id = randomBase64url(OPERATION_ID_BYTES);
    const place = new Place();
    const running = session.run(
      inbound.batch ? 'batch' : (inbound.requests[0]?.method ?? 'other'),
      async ({ signal }) => {
        const withdrawn = place.begin();
        if (withdrawn === null) return;
        const { connection, release } =
          context.connections.held(session.id) ?? (await hold(exchange));
        try {
          // Its caller was told already.
          if (!signal.aborted) await serve(connection, exchange, { signal, withdrawn }, resolve);
        } finally {
          release();
        }
      },
      { id, timeoutMs },
    );
    // Once a response is given this has no effect: the error has been told in it.
    running.catch((error: unknown) => {
      place.leave();
      reject(error);
    });
    place.asked(context, session.id, inbound, (response) => {
      resolve(response);
      session.abort(id);
    });
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
  return free && context.queued.isFree(session.id, inbound.requests)
    ? pong(inbound.requests, inbound.batch, session.id)
    : inFlight();
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
  const { inbound, context, session } = given;
  // What waits for its place is known here only: it ends before it is begun.
  for (const id of inbound.cancelled) context.queued.withdraw(session.id, id);
  if (inbound.answers !== null) return exchangeAnswers(given);
  if (inbound.ping) return exchangePings(given);
  if (inbound.requests.length === 0) return exchangeNotices(given);
  return exchangeRequests(given);
};

/** A paused session is there, but takes no requests: that is told in their answers, never by a status. */
export const refuse = (inbound: Inbound, error: HoldfastError): Response =>
  refusedRequests(inbound.requests, inbound.batch, rpcErrorOf(error));
