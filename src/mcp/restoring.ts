import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { SessionNotFoundError, TimeoutError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Session } from '../runtime/session.ts';
import type { Connection } from './connection.ts';
import { handshakeOf } from './handshake.ts';
import { connect, type McpServerFactory } from './opening.ts';

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** A message of the handshake, as the client sent it once. The transport looks at nothing but its headers. */
const message = (id: string): Request =>
  new Request('http://localhost/', {
    method: 'POST',
    headers: { ...HEADERS, 'mcp-session-id': id },
  });

const failed = (cause: unknown): never => {
  throw new Error('The server of a stored session could not be made again.', { cause });
};

/**
 * Rejects when a restore has had its time, or its session is no longer to be served: with `SessionNotFoundError` where it
 * ended. It is the session that waits: so the time is that of its runtime, and an endpoint needs no clock of its own.
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
 * Gives a session that was opened before a connection again: a transport under its id, a new server from the factory,
 * and the handshake its client once made with the first one. The client hears nothing of it. It neither wakes the session
 * nor is it an activity, and where it fails, or takes longer than 30 s, the session stays as it is, and a server that comes
 * late is closed. Rejects with an `Error` whose `cause` is what went wrong, `SessionNotFoundError` for a session that no
 * MCP client has opened or that ends meanwhile, `StoreError` where the runtime is closed meanwhile.
 */
export const restore = async (session: Session, factory: McpServerFactory): Promise<Connection> => {
  const params = handshakeOf(session.info().client);
  if (params === null) throw new SessionNotFoundError();
  const { id } = session;
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    onsessionclosed: async () => {
      await session.terminate('client');
    },
  });
  const done = new AbortController();
  const over = outOfTime(session, done.signal);
  const connecting = connect(factory, { session, restored: true }, transport).catch(failed);
  try {
    const connection = await Promise.race([connecting, over]);
    await Promise.race([repeatHandshake(connection, id, params).catch(failed), over]);
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

const repeatHandshake = async (
  connection: Connection,
  id: string,
  params: unknown,
): Promise<void> => {
  const initialize = { jsonrpc: '2.0', id: 'holdfast-restore', method: 'initialize', params };
  const answer = await connection.handle(message(id), initialize);
  // Its stream ends with the answer.
  const text = await answer.text();
  if (!answer.ok || !text.includes('"result"')) {
    throw new Error(`The server refused the handshake: ${answer.status} ${text}`);
  }
  await connection.handle(message(id), { jsonrpc: '2.0', method: 'notifications/initialized' });
};
