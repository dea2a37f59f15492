import { DrainingError, OperationAbortedError, SessionTerminatedError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { CreateOptions } from '../../runtime/runtime.ts';
import type { Session } from '../../runtime/session.ts';
import type { Admitted } from '../gate.ts';
import { jsonAnswer, refusedOpening, SERVER_CLOSING, unavailable } from './answers.ts';
import { Connection } from './connection.ts';
import { clientOf, type InitializeParams } from './handshake.ts';
import type { Inbound } from './inbound.ts';
import type { LegContext } from './leg-context.ts';
import { extraOf } from './message-extra.ts';
import type { SessionContext } from './options.ts';
import type { Message } from './transport.ts';

/** Has the server of a session made, and connects it. Rejects with what the factory, or the server, throws. */
export const connect = async (context: LegContext, made: SessionContext): Promise<Connection> => {
  const server = await context.server(made);
  const connection = new Connection(context, made.session, made.restored);
  try {
    await connection.connect(server);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
};

/** What an opening is called among the operations of its session. */
const OPENING = 'initialize';

/** Nobody was given it, and nobody will be. */
const end = (session: Session): Promise<unknown> =>
  session.terminate('operator').catch(() => undefined);

/** Has the server of a new session made, and asked what its client says first. */
const shakeHands = async (
  context: LegContext,
  session: Session,
  request: Request,
  { principal, authInfo }: Admitted,
  inbound: Inbound,
): Promise<Message> => {
  const made: SessionContext = { era: 'legacy', session, restored: false, principal, authInfo };
  const { connections } = context;
  const { connection, release } = await connections.hold(session, () => connect(context, made));
  try {
    const [message] = inbound.messages;
    const [asked] = inbound.requests;
    if (message === undefined || asked === undefined) throw new Error('It holds an initialize.');
    const answer = await connection.ask({ ...message, id: asked.id }, extraOf(request, authInfo));
    // Not the server's refusal: the endpoint is closing, and the client may come again.
    if ('error' in answer && answer.error === SERVER_CLOSING) {
      throw new DrainingError(LIMITS.retryAfterMs);
    }
    return answer;
  } finally {
    release();
  }
};

/** What refused an opening, as its client is told: that the process goes down is no news of a session it never had. */
const refusalOf = (error: unknown): unknown => {
  const isGoingDown =
    error instanceof OperationAbortedError ||
    (error instanceof SessionTerminatedError && error.reason === 'shutdown');
  return isGoingDown ? new DrainingError(LIMITS.retryAfterMs) : error;
};

/**
 * Answers an `initialize`, always as JSON. The session comes into being inside it: after everything that can be wrong with
 * the request itself, and before its message reaches the server. It is work of the session: no deadline counts meanwhile, a
 * drain waits for it, and it has 30 s. Rejects with what the runtime refused the session with, with what the factory threw, or
 * with `TimeoutError`; then nothing is left behind, and neither is where the server answers with an error, a drain cuts it
 * short, or the client has left: nobody else learns of the session.
 */
export const open = async (
  context: LegContext,
  request: Request,
  admitted: Admitted,
  inbound: Inbound,
  params: InitializeParams,
): Promise<Response> => {
  const options: CreateOptions = {
    client: clientOf(params),
    // Clients of this protocol do not promise to beat. Their silence is watched by the idle timeout.
    beats: 'off',
  };
  const { signal } = request;
  const opened = context.room.opened(admitted.principal, options, signal, async (session) => {
    try {
      const answer = await session.run(
        OPENING,
        (operation) => {
          // At once: a drain puts away what has no work any more.
          operation.signal.addEventListener('abort', () => void end(session), { once: true });
          return shakeHands(context, session, request, admitted, inbound);
        },
        { timeoutMs: LIMITS.initTimeoutMs, signal },
      );
      if ('result' in answer && !signal.aborted) return jsonAnswer(answer, session.id);
      await end(session);
      return signal.aborted ? hasLeft() : refusedOpening(answer);
    } catch (error) {
      await end(session);
      throw refusalOf(error);
    }
  });
  return opened.catch((error: unknown) => {
    if (signal.aborted) return hasLeft();
    throw error;
  });
};

/** Nobody reads it. */
const hasLeft = (): Response => unavailable('the client has left', LIMITS.retryAfterMs);
