import {
  type InitializeRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { mintSessionId } from '../identity/session-id.ts';
import type { BoundRuntime } from '../runtime/runtime.ts';
import type { Session } from '../runtime/session.ts';
import { Connection } from './connection.ts';
import type { Connections, Held } from './connections.ts';
import { followBody } from './followed-body.ts';
import { clientOf } from './handshake.ts';

/**
 * Makes the server of one session. It is closed when the session ends, and when it is put away: then the next request
 * has another one made.
 */
export type McpServerFactory = (context: {
  /** The session it serves. */
  readonly session: Session;
  /**
   * Whether the session had a server before this one, in this process or an earlier one. Of that one nothing is left
   * but what it kept in the session (`session.data`, its messages) or somewhere else that lasts.
   */
  readonly restored: boolean;
}) => McpServer | Promise<McpServer>;

/** What a new session needs of the endpoint. */
export interface OpeningContext {
  readonly runtime: BoundRuntime;
  readonly server: McpServerFactory;
  readonly connections: Connections;
}

/** Has the server of a session made, and connects it to its transport. Rejects with what the factory throws. */
export const connect = async (
  factory: McpServerFactory,
  context: Parameters<McpServerFactory>[0],
  transport: WebStandardStreamableHTTPServerTransport,
): Promise<Connection> => {
  const server = await factory(context);
  const connection = new Connection(context.session, transport, server);
  transport.onclose = () => connection.transportClosed();
  await server.connect(transport);
  return connection;
};

/**
 * Answers an `initialize`. The session comes into being inside it: after everything that can be wrong with
 * the request itself, and before its message reaches the server. Rejects with what the runtime refused the
 * session with, or with what the factory threw; then nothing is left behind.
 */
export const open = async (
  context: OpeningContext,
  request: Request,
  initialize: InitializeRequest,
  body: unknown,
): Promise<Response> => {
  const id = mintSessionId();
  const opened: { held?: Held; refusal?: { readonly error: unknown } } = {};
  const begin = async (): Promise<void> => {
    const session = await context.runtime.create({
      id,
      client: clientOf(initialize),
      // Clients of this protocol do not promise to beat. Their silence is watched by the idle timeout.
      beats: 'off',
    });
    try {
      opened.held = await context.connections.hold(session, () =>
        connect(context.server, { session, restored: false }, transport),
      );
    } catch (error) {
      await session.terminate('operator').catch(() => {});
      throw error;
    }
  };
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    onsessioninitialized: () =>
      begin().catch((error: unknown) => {
        opened.refusal = { error };
        // The transport turns it into "400 Parse error", which is not what is answered.
        throw error;
      }),
    onsessionclosed: async () => {
      await opened.held?.connection.session.terminate('client');
    },
  });
  const response = await transport.handleRequest(request, { parsedBody: body });
  if (opened.refusal !== undefined) throw opened.refusal.error;
  return held(response, request, opened.held);
};

/** The connection is held until the answer is written: its session may have rested since it was made. */
const held = (response: Response, request: Request, hold: Held | undefined): Response => {
  if (hold === undefined) return response;
  if (response.body === null) {
    hold.release();
    return response;
  }
  const { body, ended } = followBody(response.body, request, 'read-on');
  void ended.then(hold.release);
  return new Response(body, response);
};
