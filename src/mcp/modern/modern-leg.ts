import {
  type AuthInfo,
  createMcpHandler,
  type McpHttpHandler,
  type McpRequestContext,
  ProtocolError,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import { LIMITS } from '../../limits.ts';
import type { Clock } from '../../time/clock.ts';
import { callerOfRequest } from '../callers.ts';
import type { Admitted } from '../gate.ts';
import type { McpServerFactory } from '../server-factory.ts';
import { unavailable } from '../sessions/answers.ts';
import { Exchanges } from './exchanges.ts';

/** How the leg of the 2026-07-28 revision is made. */
export interface ModernLegOptions {
  readonly server: McpServerFactory;
  /** `stream`: every answer is a stream; `auto`: only where something is sent before the result. */
  readonly answers: 'auto' | 'stream';
  readonly keepAliveMs: number;
  readonly maxSubscriptions: number;
  readonly bus?: ServerEventBus;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

/**
 * The part of an endpoint without sessions: the SDK's own handler, told who asks, and taken down in order. A client that
 * leaves has cancelled its request; that is the SDK's doing, by the request's signal.
 */
export class ModernLeg {
  readonly #options: ModernLegOptions;
  readonly #handler: McpHttpHandler;
  readonly #exchanges = new Exchanges();
  /** When requests in flight have had their time, mono ms; `null`: it does not go down. */
  #until: number | null = null;
  #closed = false;

  constructor(options: ModernLegOptions) {
    const { answers, keepAliveMs, maxSubscriptions, bus } = options;
    this.#options = options;
    this.#handler = createMcpHandler((context) => this.#serverFor(context), {
      legacy: 'reject',
      responseMode: answers === 'stream' ? 'sse' : 'auto',
      keepAliveMs,
      maxSubscriptions,
      ...(bus === undefined ? {} : { bus }),
      onerror: (error) => {
        if (!isClientMistake(error)) options.onError(error);
      },
    });
  }

  /** Publishes to open subscriptions. */
  get notify(): McpHttpHandler['notify'] {
    return this.#handler.notify;
  }

  /** What subscriptions hear. */
  get bus(): ServerEventBus {
    return this.#handler.bus;
  }

  /** Answers one request whose Host, Origin, principal and body are looked at. Never rejects. */
  async serve(request: Request, { authInfo, body }: Admitted): Promise<Response> {
    if (this.#until !== null) return goingDown();
    const answering = this.#handler.fetch(request, {
      parsedBody: body,
      // What it is, is between the framework that found it out and the tools that read it. The SDK looks into it only
      // for the scopes that a tool was registered with.
      ...(authInfo === undefined ? {} : { authInfo: authInfo as AuthInfo }),
    });
    const response = isStanding(body) ? await answering : await this.#exchanges.follow(answering);
    // The SDK's own word for a request that was cut off by `close`.
    return this.#closed && response.status === 499 ? goingDown() : response;
  }

  /** Takes nothing new. What is in flight has the time of a drain from now on. */
  drain(): void {
    this.#until ??= this.#options.clock.mono() + LIMITS.drainOperationsMs;
  }

  /** Lets requests in flight finish for as long as they have, then cuts them off. Ends all subscriptions. */
  async close(): Promise<void> {
    const { clock } = this.#options;
    this.#until ??= clock.mono();
    const leftMs = this.#until - clock.mono();
    // Whoever awaits this at the top level of a process sees its end.
    const letGo = clock.hold?.();
    try {
      if (leftMs > 0 && this.#exchanges.open > 0) await this.#settledWithin(leftMs);
      this.#closed = true;
      await this.#handler.close();
    } finally {
      letGo?.();
    }
  }

  #settledWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const alarm = this.#options.clock.scheduler.schedule(() => resolve(), ms);
      void this.#exchanges.settled().then(() => {
        alarm.unsubscribe();
        resolve();
      });
    });
  }

  async #serverFor({ authInfo, requestInfo }: McpRequestContext) {
    const principal = requestInfo && callerOfRequest(requestInfo);
    // Whoever it is, nobody is taken for an anonymous caller here.
    if (principal === undefined) throw new Error('A request that was not let in reached a server.');
    return await this.#options.server({
      era: 'modern',
      session: null,
      restored: false,
      principal,
      ...(authInfo === undefined ? {} : { authInfo }),
    });
  }
}

const goingDown = (): Response => unavailable('the server is closing', LIMITS.retryAfterMs);

/** Answered when its client leaves, or the server: nothing to wait for. */
const isStanding = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'method' in body &&
  body.method === 'subscriptions/listen';

/** What the SDK reports of requests that it refuses. Their clients are told, and nobody else has to do anything. */
const isClientMistake = (error: Error): boolean =>
  error instanceof ProtocolError || /^(Rejected|Unsupported Media Type)\b/.test(error.message);
