import type { ServerEventBus, ServerNotifier } from '@modelcontextprotocol/server';
import { heard, type OnError } from '../errors/heard.ts';
import type { Names } from '../errors/known-names.ts';
import { InvalidOptionError } from '../errors.ts';
import type { FetchContext } from '../http/fetch.ts';
import { refuseWithout } from '../http/option-kinds.ts';
import { LIMITS } from '../limits.ts';
import { checkedCount } from '../runtime/liveness/deadlines.ts';
import { systemClock } from '../time/system-clock.ts';
import { checkHttpOptions, SESSIONS_OPTIONS } from './checked-options.ts';
import { isLegacy } from './era.ts';
import { createGate, type Gate } from './gate.ts';
import { madeBy } from './made-server.ts';
import { ModernLeg } from './modern/modern-leg.ts';
import type { McpServerFactory } from './server-factory.ts';
import { internalError } from './sessions/answers.ts';
import { createLeg, type Leg } from './sessions/leg.ts';
import type { McpSessions, McpSessionsOptions } from './sessions/options.ts';

/** How an MCP endpoint for both eras is made. `Data` is what the sessions of its runtime keep. */
export interface McpEndpointOptions<Data = unknown>
  extends Omit<McpSessionsOptions<Data>, 'server'> {
  /**
   * Makes the servers of both eras: of each session, and of each request of a client whose revision has no sessions. When
   * it throws, the client gets 500 and `onError` hears why.
   */
  readonly server: McpServerFactory<Data>;
  /** How often a silent stream of the 2026-07-28 revision says that it is there, ms; default 30 s; 0 for never. */
  readonly keepAliveMs?: number;
  /** Open `subscriptions/listen` streams of the 2026-07-28 revision at once, at least 1; default 1,024. */
  readonly maxSubscriptions?: number;
  /**
   * Where `subscriptions/listen` streams hear of changes; default: one of this endpoint. Several processes give one over
   * their pub/sub.
   */
  readonly bus?: ServerEventBus;
}

/** An MCP endpoint for both eras. `connections` and `streams` are those of sessions. */
export interface McpEndpoint extends McpSessions {
  /** Tells `subscriptions/listen` streams what has changed. Sessions are told by their own servers. */
  readonly notify: ServerNotifier;
  /** What those streams hear: the given `bus`, or the endpoint's own. */
  readonly bus: ServerEventBus;
}

class Endpoint implements McpEndpoint {
  readonly #gate: Gate;
  readonly #leg: Leg;
  readonly #modern: ModernLeg;
  readonly #onError: OnError;
  readonly #stopListening: () => void;

  constructor(options: McpEndpointOptions) {
    const { answers = 'auto', bus, onError } = options;
    this.#onError = heard('The requests of an MCP endpoint', onError);
    this.#gate = createGate(options);
    this.#leg = createLeg(options);
    this.#modern = new ModernLeg({
      server: madeBy(options.server),
      answers,
      keepAliveMs: checkedKeepAlive(options.keepAliveMs),
      maxSubscriptions: checkedCount('maxSubscriptions', options.maxSubscriptions ?? SUBSCRIPTIONS),
      ...(bus === undefined ? {} : { bus }),
      onError: this.#onError,
      clock: options.clock ?? systemClock(),
    });
    this.#stopListening = options.runtime.subscribe(({ type }) => {
      if (type === 'runtime.draining') this.#modern.drain();
    });
  }

  get connections(): number {
    return this.#leg.connections;
  }

  get streams(): number {
    return this.#leg.streams;
  }

  get notify(): ServerNotifier {
    return this.#modern.notify;
  }

  get bus(): ServerEventBus {
    return this.#modern.bus;
  }

  async fetch(request: Request, context?: FetchContext): Promise<Response> {
    const admitted = await this.#gate(request, context);
    if (admitted instanceof Response) return admitted;
    try {
      const legacy = await isLegacy(request, admitted.body);
      const leg = legacy ? this.#leg : this.#modern;
      return await leg.serve(request, admitted);
    } catch (error) {
      this.#onError(error);
      return internalError();
    }
  }

  async close(): Promise<void> {
    this.#stopListening();
    await Promise.all([this.#leg.close(), this.#modern.close()]);
  }
}

const SUBSCRIPTIONS = 1_024;

const KNOWN = {
  ...SESSIONS_OPTIONS,
  keepAliveMs: true,
  maxSubscriptions: true,
  bus: true,
} as const satisfies Names<McpEndpointOptions>;

const checkedKeepAlive = (value: unknown = LIMITS.keepAliveMs): number => {
  if (typeof value === 'number' && value >= 0 && value < 2 ** 31) return value;
  throw new InvalidOptionError('keepAliveMs', value, 'a number of milliseconds, or 0 for never');
};

/**
 * Makes an MCP endpoint for both eras on one address: a client of the revisions up to 2025-11-25 gets a session of the
 * runtime, which survives a quiet time, a restart and a lost connection; one of 2026-07-28, which has none, gets its
 * answer, and keeps what it keeps behind a handle (`createHandles`). It needs no framework, and runs behind all of them:
 *
 * ```ts
 * const endpoint = createMcpEndpoint({
 *   runtime,
 *   authenticate: (request) => whoseToken(request.headers.get('authorization')),
 *   server: ({ era, session, principal }) => createMyServer(era === 'legacy' ? session : null, principal),
 * });
 * createServer(toNodeHandler(endpoint)).listen(4100, '127.0.0.1'); // of holdfast/adapters
 * ```
 *
 * Before either era Host, Origin, the caller and the body are looked at, once; see `authenticate`, `allowedHosts`.
 *
 * **With a session** everything is as `createMcpSessions` says. **Without one**: a new server for each request;
 * `Mcp-Session-Id` is ignored and never sent; a client that leaves has cancelled its request, and its handler gets its signal
 * (there is no other limit to its time: `requestTimeoutMs` is for sessions, whose clients do not cancel by leaving); requests
 * are no operations of a session, but those that run a tool behind a handle are of that handle's. As the runtime begins to
 * drain, every new request gets 503 with Retry-After, in both eras. Requests in flight go on for up to 15 s from there,
 * `close` waits for them, and cuts off what is left.
 *
 * The same from its two parts, where the modern one is made by hand (`createMcpSessions` is that of `holdfast/mcp/sessions`):
 *
 * ```ts
 * const sessions = createMcpSessions({ runtime, server });
 * const modern = createMcpHandler(server, { legacy: 'reject' }); // of the SDK
 * const fetch = async (request: Request) =>
 *   (await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request);
 * ```
 *
 * There the modern part has no Host, Origin and caller looked at, and no drain: put that in front of it.
 * Throws `InvalidOptionError`.
 */
export const createMcpEndpoint = <Data = unknown>(
  options: McpEndpointOptions<Data>,
): McpEndpoint => {
  checkHttpOptions('createMcpEndpoint', KNOWN, options);
  const aBus = 'a ServerEventBus of the SDK, with publish and subscribe';
  refuseWithout('bus', options.bus, ['publish', 'subscribe'], aBus);
  // Inside, the type of the data is nobody's business: the runtime and the factory agree on it.
  return new Endpoint(options as McpEndpointOptions);
};
