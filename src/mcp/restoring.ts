import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { SessionNotFoundError } from '../errors.ts';
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

/**
 * Gives a session that was opened before a connection again: a transport under its id, a new server from the factory,
 * and the handshake its client once made with the first one. The client hears nothing of it. It neither wakes the session
 * nor is it an activity, and where it fails the session stays as it is: rejects with an `Error` whose `cause` is what
 * went wrong, or `SessionNotFoundError` for a session that no MCP client has opened.
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
  try {
    const connection = await connect(factory, { session, restored: true }, transport);
    await repeatHandshake(connection, id, params).catch(async (error: unknown) => {
      await connection.close();
      throw error;
    });
    return connection;
  } catch (error) {
    throw new Error('The server of a stored session could not be made again.', { cause: error });
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
