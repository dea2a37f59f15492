import { heard } from '../../errors/heard.ts';
import {
  HoldfastError,
  InvalidOptionError,
  SessionNotFoundError,
  SessionUnreadableError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { LifecycleEvent, Unsubscribe } from '../../observe/events.ts';
import { checkedDuration } from '../../runtime/liveness/deadlines.ts';
import type { Session } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';
import { systemClock } from '../../time/system-clock.ts';
import type { Admitted } from '../gate.ts';
import { madeBy } from '../made-server.ts';
import {
  answerOf,
  internalError,
  invalidRequest,
  methodNotAllowed,
  missingSessionId,
  notAcceptable,
  streamNotAcceptable,
  unavailable,
} from './answers.ts';
import { closedInTime } from './closing.ts';
import { Connections } from './connections.ts';
import { exchange, refuse } from './exchange.ts';
import { handshakeOf } from './handshake.ts';
import { inboundOf } from './inbound.ts';
import type { LegContext } from './leg-context.ts';
import { listen } from './listening.ts';
import { Room } from './making-room.ts';
import { open } from './opening.ts';
import type { LegOptions } from './options.ts';
import { Queued } from './queued.ts';
import { restore } from './restoring.ts';
import { hasBatches, isPrimed, revisionOf } from './revisions.ts';
import { EndedStreams } from './streams/ended-streams.ts';
import { keepAlives } from './streams/keep-alive.ts';
import { OpenStreams } from './streams/open-streams.ts';
import { patience } from './streams/outbox.ts';
import { pingWindowMs } from './streams/presence.ts';
import { Tick } from './streams/tick.ts';

/** The sessionful part of an endpoint: what is behind the gate, for requests of the revisions that have sessions. */
export interface Leg {
  /** Sessions that have a server here. */
  readonly connections: number;
  /** Open streams (GET). */
  readonly streams: number;
  /** Answers one request whose Host, Origin, principal and body are looked at. Never rejects. */
  serve(request: Request, admitted: Admitted): Promise<Response>;
  /** Closes all servers and streams; every request gets 503 from now on. Twice is once. */
  close(): Promise<void>;
}

const SESSION_HEADER = 'mcp-session-id';

/** How long a client waits after a drain before it comes again, ms. SDK clients try three times, and then no more. */
const NEXT_PROCESS_MS = 3_000;

const existing = (session: Session | null): Session => {
  if (session === null) throw new SessionNotFoundError();
  return session;
};

class SessionsLeg implements Leg {
  readonly #context: LegContext;
  readonly #clock: Clock;
  readonly #tick: Tick;
  readonly #unsubscribe: Unsubscribe;
  #draining = false;
  #closing: Promise<void> | null = null;

  constructor(options: LegOptions) {
    const { runtime, server, answers = 'auto', requestTimeoutMs } = options;
    const onError = heard('The sessions of an MCP endpoint', options.onError);
    const clock = options.clock ?? systemClock();
    this.#clock = clock;
    this.#tick = new Tick(clock, onError);
    this.#context = {
      runtime,
      server: madeBy(server),
      connections: new Connections((id, over) => {
        // What is put away keeps its stream, and is found behind it when it is woken.
        const stays = over === 'failed' || (over === 'rested' && !this.#draining);
        if (!stays) this.#context.open.closeOf(id, this.#draining ? NEXT_PROCESS_MS : undefined);
      }),
      room: new Room(runtime, clock),
      queued: new Queued(),
      open: new OpenStreams({ tick: this.#tick, pingWindowMs: pingWindowMs(runtime.deadlines) }),
      slow: this.#tick.line(LIMITS.streamAfterMs, (post) => void post.stream()),
      keepAlives: keepAlives(this.#tick),
      full: patience(this.#tick),
      allEnded: new EndedStreams(this.#tick),
      streams: answers === 'stream',
      timeoutMs: requestTimeoutMs ?? LIMITS.operationTimeoutMs,
      onError,
    };
    this.#unsubscribe = runtime.subscribe((event) => this.#hear(event));
  }

  get connections(): number {
    return this.#context.connections.size;
  }

  get streams(): number {
    return this.#context.open.size;
  }

  async serve(request: Request, admitted: Admitted): Promise<Response> {
    if (this.#closing !== null) return unavailable('the server is closing', LIMITS.retryAfterMs);
    try {
      return await this.#route(request, admitted);
    } catch (error) {
      const answer = answerOf(error);
      if (answer === null || error instanceof SessionUnreadableError) this.#context.onError(error);
      return answer ?? internalError();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#unsubscribe();
    const { connections, onError } = this.#context;
    await closedInTime(connections.close(), this.#clock, onError);
    this.#context.open.close();
    this.#tick.stop();
  }

  #route(request: Request, admitted: Admitted): Promise<Response> | Response {
    switch (request.method) {
      case 'POST':
        return this.#post(request, admitted);
      case 'GET':
        return this.#get(request, admitted);
      case 'DELETE':
        return this.#delete(request, admitted);
      default:
        return methodNotAllowed();
    }
  }

  async #post(request: Request, admitted: Admitted): Promise<Response> {
    const accept = request.headers.get('accept') ?? '';
    if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
      return notAcceptable();
    }
    const inbound = inboundOf(admitted.body);
    if (inbound === null) return invalidRequest('the body is no JSON-RPC message');
    const { initialize } = inbound;
    if (initialize !== null && inbound.messages.length > 1) {
      return invalidRequest('an initialize comes alone');
    }
    const id = request.headers.get(SESSION_HEADER);
    if (initialize !== null) {
      // A client that lost its session may name it still: it gets a new one.
      const live = id === null ? null : await this.#readable(id, admitted);
      if (live !== null) return invalidRequest('this session is initialized already');
      return open(this.#context, request, admitted, inbound, initialize);
    }
    if (id === null) return missingSessionId();
    const session = existing(await this.#readable(id, admitted));
    const revision = revisionOf(request);
    if (revision instanceof Response) return revision;
    if (inbound.batch && !hasBatches(revision)) {
      return invalidRequest(`the revision ${revision} has no batches`);
    }
    const { authInfo } = admitted;
    const primed = isPrimed(revision);
    try {
      const context = this.#context;
      return await exchange({ context, session, request, inbound, authInfo, primed });
    } catch (error) {
      const told = error instanceof HoldfastError && inbound.requests.length > 0;
      if (!told || answerOf(error) !== null) throw error;
      return refuse(inbound, error);
    }
  }

  async #get(request: Request, admitted: Admitted): Promise<Response> {
    const accept = request.headers.get('accept') ?? '';
    if (!accept.includes('text/event-stream')) return streamNotAcceptable();
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return missingSessionId();
    const session = existing(await this.#readable(id, admitted));
    const revision = revisionOf(request);
    if (revision instanceof Response) return revision;
    if (this.#draining || this.#closing !== null) {
      return unavailable('the server is closing', LIMITS.retryAfterMs);
    }
    const response = listen(this.#context, session, request, isPrimed(revision));
    // One that was woken before has no server yet that could say anything.
    if (session.info().residency === 'resident') this.#serveUnasked(session);
    // Its client has left while it was looked up.
    if (request.signal.aborted) void response.body?.cancel();
    return response;
  }

  /** It ends without a server, and unread. */
  async #delete(request: Request, admitted: Admitted): Promise<Response> {
    const id = request.headers.get(SESSION_HEADER);
    if (id === null) return missingSessionId();
    const session = existing(await this.#find(id, admitted));
    const revision = revisionOf(request);
    if (revision instanceof Response) return revision;
    await session.terminate('client');
    return new Response(null, { status: 200 });
  }

  /**
   * The same, but rejects with `SessionUnreadableError` for one that is stored and cannot be taken into memory here. That
   * is for its newest record to say: what was in the way of its behaviour may be gone, and then this wakes it.
   */
  async #readable(id: string, admitted: Admitted): Promise<Session | null> {
    const session = await this.#find(id, admitted);
    if (session !== null && session.info().unreadable !== null) await session.touch();
    return session;
  }

  /**
   * The session of that id, where it has not ended, an MCP client opened it, and the caller may use it: one look-up,
   * whatever is asked for. Who opened one whose record cannot be read is not known: its client must not take it for lost.
   */
  async #find(id: string, { principal }: Admitted): Promise<Session | null> {
    try {
      const session = await this.#context.runtime.as(principal).get(id);
      const { state, client, unreadable } = session.info();
      if (state === 'terminating' || state === 'terminated') return null;
      const opened = client === null ? unreadable !== null : handshakeOf(client) !== null;
      return opened ? session : null;
    } catch (error) {
      if (answerOf(error)?.status === 404) return null;
      throw error;
    }
  }

  /** Once for all sessions: what concerns the streams of those that have no connection. */
  #hear(event: LifecycleEvent): void {
    const { open: streams, connections } = this.#context;
    switch (event.type) {
      case 'session.ended':
        streams.closeOf(event.id);
        break;
      case 'session.woken':
        if (streams.has(event.id)) void this.#serveWoken(event.id, event.principal);
        break;
      case 'runtime.draining':
        this.#draining = true;
        // Nobody says anything on these any more: their clients look for the next process.
        streams.closeAllBut((id) => connections.has(id), NEXT_PROCESS_MS);
        break;
    }
  }

  async #serveWoken(id: string, principal: string | null): Promise<void> {
    const session = await this.#find(id, { principal, authInfo: undefined, body: undefined }).catch(
      () => null,
    );
    if (session !== null) this.#serveUnasked(session);
  }

  /** Has the server of a session made that nobody asks anything: its stream is open, and it may have something to say. */
  #serveUnasked(session: Session): void {
    const { connections, open: streams } = this.#context;
    if (this.#closing !== null || connections.has(session.id) || !streams.has(session.id)) return;
    connections.hold(session, restore(this.#context)).then(
      ({ release }) => release(),
      (error: unknown) => {
        if (answerOf(error) === null) this.#context.onError(error);
      },
    );
  }
}

/**
 * Makes the sessionful leg. Throws `InvalidOptionError`.
 */
export const createLeg = (options: LegOptions): Leg => {
  const { requestTimeoutMs, answers } = options;
  if (requestTimeoutMs !== undefined) checkedDuration('requestTimeoutMs', requestTimeoutMs);
  if (answers !== undefined && answers !== 'auto' && answers !== 'stream') {
    throw new InvalidOptionError('answers', answers, "'auto' or 'stream'");
  }
  return new SessionsLeg(options);
};
