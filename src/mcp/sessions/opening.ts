import type { Session } from '../../runtime/session.ts';
import type { Admitted } from '../gate.ts';
import { jsonAnswer, refusedOpening } from './answers.ts';
import { Connection } from './connection.ts';
import type { Held } from './connections.ts';
import { clientOf, type InitializeParams } from './handshake.ts';
import type { Inbound } from './inbound.ts';
import type { LegContext } from './leg-context.ts';
import { extraOf } from './message-extra.ts';
import type { SessionContext } from './options.ts';

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

const begin = async (
  context: LegContext,
  session: Session,
  { principal, authInfo }: Admitted,
): Promise<Held> => {
  const made: SessionContext = { era: 'legacy', session, restored: false, principal, authInfo };
  try {
    return await context.connections.hold(session, () => connect(context, made));
  } catch (error) {
    await session.terminate('operator').catch(() => {});
    throw error;
  }
};

/**
 * Answers an `initialize`, always as JSON. The session comes into being inside it: after everything that can be wrong with
 * the request itself, and before its message reaches the server. Rejects with what the runtime refused the session with, or
 * with what the factory threw; then nothing is left behind, and neither is where the server answers it with an error.
 */
export const open = async (
  context: LegContext,
  request: Request,
  admitted: Admitted,
  inbound: Inbound,
  params: InitializeParams,
): Promise<Response> => {
  const session = await context.runtime.as(admitted.principal).create({
    client: clientOf(params),
    // Clients of this protocol do not promise to beat. Their silence is watched by the idle timeout.
    beats: 'off',
  });
  const { connection, release } = await begin(context, session, admitted);
  try {
    const [message] = inbound.messages;
    const [asked] = inbound.requests;
    if (message === undefined || asked === undefined) throw new Error('It holds an initialize.');
    const extra = extraOf(request, admitted.authInfo);
    const answer = await connection.ask({ ...message, id: asked.id }, extra);
    if ('result' in answer) return jsonAnswer(answer, connection.transport.sessionId);
    await session.terminate('operator').catch(() => {});
    return refusedOpening(answer);
  } finally {
    // Held until here: the session may have rested since the connection was made.
    release();
  }
};
