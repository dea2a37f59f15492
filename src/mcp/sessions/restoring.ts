import { SessionNotFoundError, TimeoutError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Session } from '../../runtime/session.ts';
import type { Connection } from './connection.ts';
import type { Make } from './connections.ts';
import { handshakeOf, type InitializeParams } from './handshake.ts';
import type { LegContext } from './leg-context.ts';
import { connect } from './opening.ts';

/** Begins the ids of what a client has said once and the endpoint repeats. */
const REPEATED = 'holdfast-restore';

const failed = (cause: unknown): never => {
  throw new Error('The server of a stored session could not be made again.', { cause });
};

/**
 * Rejects when a restore has had its time, or its session is no longer to be served: with `SessionNotFoundError` where it
 * ended. It is the session that waits: so the time is that of its runtime.
 */
const outOfTime = async (session: Session, signal: AbortSignal): Promise<never> => {
  const timeoutMs = LIMITS.initTimeoutMs;
  await session.waitFor('terminated', { timeoutMs, signal }).catch((error: unknown) => {
    if (!(error instanceof TimeoutError)) throw error;
    return failed(new TimeoutError('Making the server of a stored session again', timeoutMs));
  });
  throw new SessionNotFoundError();
};

/**
 * Gives a session that was opened before a connection again: a new server from the factory, and what its client once said
 * to the first one: the handshake, the log level it set, the resources it subscribed to. The client hears nothing of it. It
 * neither wakes the session nor is it an activity, and where it fails, or takes longer than 30 s, the session stays as it
 * is, and a server that comes late is closed. Rejects with an `Error` whose `cause` is what went wrong,
 * `SessionNotFoundError` for a session that no MCP client has opened or that ends meanwhile, `StoreError` where the runtime
 * is closed meanwhile.
 */
export const restore =
  (context: LegContext, authInfo?: unknown): Make =>
  async (session) => {
    const params = handshakeOf(session.info().client);
    if (params === null) throw new SessionNotFoundError();
    const done = new AbortController();
    const over = outOfTime(session, done.signal);
    const { principal } = session;
    const made = { era: 'legacy', session, restored: true, principal, authInfo } as const;
    const connecting = connect(context, made).catch(failed);
    try {
      const connection = await Promise.race([connecting, over]);
      await Promise.race([repeat(connection, params).catch(failed), over]);
      return connection;
    } catch (error) {
      connecting.then(
        (connection) => connection.close(),
        () => undefined,
      );
      throw error;
    } finally {
      done.abort();
    }
  };

/** What the server has against the log level or a subscription is its own to say once it is asked for them: it is not heard. */
const repeat = async (connection: Connection, params: InitializeParams): Promise<void> => {
  const answer = await connection.ask({
    jsonrpc: '2.0',
    id: REPEATED,
    method: 'initialize',
    params,
  });
  if (!('result' in answer)) {
    throw new Error(`The server refused the handshake: ${JSON.stringify(answer)}`);
  }
  connection.deliver({ jsonrpc: '2.0', method: 'notifications/initialized' }, {});
  const { level, subscriptions } = connection.wishes;
  const wishes = [
    ...(level === null ? [] : [{ method: 'logging/setLevel', params: { level } }]),
    ...subscriptions.map((uri) => ({ method: 'resources/subscribe', params: { uri } })),
  ];
  await Promise.all(
    wishes.map((wish, n) => connection.ask({ jsonrpc: '2.0', id: `${REPEATED}-${n}`, ...wish })),
  );
};
