import {
  type InitializeRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { mintSessionId } from '../identity/session-id.ts';
import { LIMITS } from '../limits.ts';
import type { BoundRuntime } from '../runtime/runtime.ts';
import type { Client, Session } from '../runtime/session.ts';
import { Connection } from './connection.ts';

/** Makes the server of one session. It is closed when the session ends. */
export type McpServerFactory = (context: {
  /** The session it serves. */
  readonly session: Session;
}) => McpServer | Promise<McpServer>;

/** What a new connection needs of the endpoint. */
export interface OpeningContext {
  readonly runtime: BoundRuntime;
  readonly server: McpServerFactory;
  /** Called with the connection before its first message reaches the server. */
  readonly opened: (connection: Connection) => void;
}

const clientOf = ({ params }: InitializeRequest): Client => ({
  // Cut and not refused: the protocol sets no limit to these.
  name: params.clientInfo.name.slice(0, LIMITS.clientNameLength),
  version: params.clientInfo.version.slice(0, LIMITS.clientNameLength),
  capabilities: params.capabilities,
});

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
  let connection: Connection | null = null;
  let refusal: { readonly error: unknown } | null = null;
  const begin = async (): Promise<void> => {
    const session = await context.runtime.create({
      id,
      client: clientOf(initialize),
      // Clients of this protocol do not promise to beat. Their silence is watched by the idle timeout.
      beats: 'off',
    });
    try {
      const server = await context.server({ session });
      const made = new Connection(session, transport, server);
      transport.onclose = () => made.transportClosed();
      await server.connect(transport);
      connection = made;
      context.opened(made);
    } catch (error) {
      await session.terminate('operator').catch(() => {});
      throw error;
    }
  };
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    onsessioninitialized: () =>
      begin().catch((error: unknown) => {
        refusal = { error };
        // The transport turns it into "400 Parse error", which is not what is answered.
        throw error;
      }),
    onsessionclosed: async () => {
      await connection?.session.terminate('client');
    },
  });
  const response = await transport.handleRequest(request, { parsedBody: body });
  // The compiler does not see that the callback may have assigned it.
  const refused = refusal as { readonly error: unknown } | null;
  if (refused !== null) throw refused.error;
  return response;
};
