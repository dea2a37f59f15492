import type { FetchContext } from '../../http/fetch.ts';
import { checkHttpOptions, SESSIONS_OPTIONS } from '../checked-options.ts';
import { createGate, type Gate } from '../gate.ts';
import { createLeg, type Leg } from './leg.ts';
import type { McpSessions, McpSessionsOptions } from './options.ts';

class Sessions implements McpSessions {
  readonly #gate: Gate;
  readonly #leg: Leg;

  constructor(options: McpSessionsOptions) {
    this.#gate = createGate(options);
    this.#leg = createLeg(options);
  }

  get connections(): number {
    return this.#leg.connections;
  }

  get streams(): number {
    return this.#leg.streams;
  }

  async fetch(request: Request, context?: FetchContext): Promise<Response> {
    const admitted = await this.#gate(request, context);
    return admitted instanceof Response ? admitted : this.#leg.serve(request, admitted);
  }

  close(): Promise<void> {
    return this.#leg.close();
  }
}

/**
 * Makes a sessionful MCP endpoint: one session of the runtime for each `initialize`, ended by the runtime's
 * deadlines or by the client. Throws `InvalidOptionError`.
 *
 * It serves servers of both official SDKs, and needs no framework. On plain Node:
 *
 * ```ts
 * const endpoint = createMcpSessions({ runtime, server: createMyServer });
 * const server = createServer(toNodeHandler(endpoint)); // of holdfast/adapters
 * server.listen(4100, '127.0.0.1');
 * ```
 *
 * Over a durable store a session outlives its transport and its server: both are closed when it is put away, and made
 * again for the next request, here or in a process that came after this one, before that request is handled. Its client
 * sees no difference. Restored are its id, its handshake (the revision, what the client said of itself, its capabilities),
 * the log level it set and the newest 1,000 resources it subscribed to (64 KiB of URIs), what it may have missed of its
 * streams, and what is kept in the session: `session.data`, its messages, durable operations. The factory is called with
 * `restored: true`, and the server sees the handshake again (`oninitialized`). Not restored is what lived in the server:
 * what the closures of the factory held, and tools that were added or removed since. A request of the server that its client
 * has not answered keeps the session in memory; a crash loses it, and the late answer is dropped. A `ping` and a DELETE need
 * no server: they restore nothing, and wake nothing. Endpoints over one runtime restore each other's sessions, so give them
 * the same `server`.
 *
 * An open GET stream stays open while its session is put away, and does not wake it. When something else does, the server is
 * made again, so that it can say something on it. There is one a session: a second GET takes the place of the first.
 *
 * What keeps a session from its idle timeout: requests, for as long as they run, and notifications. A `ping`
 * is a beat: it proves that the client is alive, but is no activity. An open GET stream is presence, and by
 * itself proves nothing: a peer that is gone without a word leaves it open. So it is pinged once a heartbeat window, and a
 * client that answers is proven. One that does not is not ended for it; its session ages.
 *
 * Clients of this protocol keep the id they were given, so `session.rotateId()` cuts theirs off: what is in flight is answered,
 * its stream is closed, and what it asks next gets 404, with which it opens a session anew.
 *
 * A client that leaves has not cancelled its request. What it missed of a stream it can have again with `Last-Event-ID`:
 * the newest 256 messages of each stream, up to 1 MiB, of every POST that runs and for 5 minutes of the newest 64 that have
 * ended, also after the session was put away.
 * What a client does not read waits in memory, up to 1 MiB or 1,024 events a stream. Past that whoever awaits what it sends
 * goes at the client's pace. Where that takes nothing for a second, a POST's stream is sent no notifications (progress, log
 * messages) until the client has read on, but always its answers; a GET stream is closed, and the client opens another.
 *
 * Statuses: 400 without a session id, 404 for one that is malformed, unknown, ended or somebody else's, 503 with Retry-After
 * when there is no room, the runtime drains, the store does not answer, or the session cannot be read by this process
 * (`SessionInfo.unreadable`; a DELETE still ends it where that is for its behaviour). A request that is refused leaves
 * nothing behind.
 *
 * A principal that has as many sessions as it may (`maxPerPrincipal`) is not locked out: its `initialize` ends, with `operator`,
 * that of its own MCP sessions which has been quiet for the longest, where one has been so for a minute, with no work in flight
 * and no open stream. Where none can go, or those before it have taken 30 s, it gets 503.
 */
export const createMcpSessions = <Data = unknown>(
  options: McpSessionsOptions<Data>,
): McpSessions => {
  checkHttpOptions('createMcpSessions', SESSIONS_OPTIONS, options);
  // Inside, the type of the data is nobody's business: the runtime and the factory agree on it.
  return new Sessions(options as McpSessionsOptions);
};
