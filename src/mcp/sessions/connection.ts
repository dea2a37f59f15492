import { SessionTerminatedError } from '../../errors.ts';
import type { Unsubscribe } from '../../observe/events.ts';
import type { FrontEndNotes } from '../../runtime/front-end/front-end.ts';
import type { Session } from '../../runtime/session.ts';
import { noLongerServed, nowServed } from '../session-of.ts';
import { CANCELLED, type RpcError, rpcErrorOf, SESSION_ENDED } from './answers.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { Inbound } from './inbound.ts';
import { isId, isObject, type JsonRpcMessage } from './json-rpc.ts';
import { KeptWishes } from './kept-wishes.ts';
import type { ServerLike } from './options.ts';
import { OwnRequests } from './own-requests.ts';
import { Post, type PostContext } from './post.ts';
import { letGo, takeOn } from './server-in-use.ts';
import { SessionStreams } from './streams/session-streams.ts';
import {
  type Message,
  type MessageExtra,
  type RequestId,
  SessionTransport,
  type Wire,
} from './transport.ts';
import { Unasked } from './unasked.ts';
import type { Wish, Wishes } from './wishes.ts';

/** How a POST is answered. */
export type Answering = Pick<PostContext, 'batch' | 'streams' | 'primed' | 'respond'>;

const nobodyWaits = (id: unknown): Error =>
  new Error(`No request with the id ${String(id)} awaits an answer.`);

/**
 * What one session has in this process: a server, its transport, and what is under way between them. It lives from
 * `initialize`, or a restore, until the session ends or is put away, and then lets go of all of it.
 */
export class Connection implements Wire {
  readonly session: Session;
  readonly transport: SessionTransport;
  /** What the server says that belongs to no request. */
  readonly unasked: Unasked;
  readonly #context: ConnectionContext;
  readonly #notes: FrontEndNotes;
  readonly #wishes: KeptWishes;
  readonly #posts = new Map<RequestId, Post>();
  /** Requests of the endpoint itself: the handshake, and what is repeated of it. */
  readonly #asked = new Map<RequestId, (answer: Message) => void>();
  readonly #own: OwnRequests;
  readonly #kept: unknown;
  #streams: SessionStreams | null = null;
  #server: ServerLike | null = null;
  #stopCollecting: Unsubscribe = () => undefined;
  #detach: Unsubscribe | null = null;
  /** What it is closed with; `null`: it is not. */
  #closedWith: RpcError | null = null;
  #closing: Promise<void> | null = null;

  /** @param restored whether the session had a server before: then what was kept of it is taken up again. */
  constructor(context: ConnectionContext, session: Session, restored: boolean) {
    this.#context = context;
    this.session = session;
    this.transport = new SessionTransport(session.id, this);
    this.#notes = session.frontEnd('mcp');
    const kept = restored ? this.#notes.value : null;
    this.#wishes = new KeptWishes(this.#notes);
    this.#kept = isObject(kept) ? kept['streams'] : null;
    this.#own = new OwnRequests(restored, (isQuiet) => this.#stayInMemory(!isQuiet));
    this.unasked = new Unasked({
      sessionId: session.id,
      open: context.open,
      own: this.#own,
      full: context.full,
      streams: () => this.streams,
      tellSomePost: (message) => this.#tellSomePost(message),
    });
  }

  /** What the client has set in the server before this one. */
  get wishes(): Wishes {
    return this.#wishes.granted;
  }

  /** The streams a client can resume. */
  get streams(): SessionStreams {
    const { keepAlives, full, allEnded } = this.#context;
    const options = { sessionId: this.transport.sessionId, keepAlives, full, allEnded };
    this.#streams ??= SessionStreams.restored(this.#kept, options);
    return this.#streams;
  }

  /** Connects the server. Rejects with what it rejects with, and where it is connected to another session already. */
  async connect(server: ServerLike): Promise<void> {
    nowServed(this.transport.sessionId, this.session);
    takeOn(server);
    this.#server = server;
    await server.connect(this.transport);
    this.collectAtRest();
  }

  /** From now on, until the session is put away, what can be resumed is kept then. */
  collectAtRest(): void {
    this.#stopCollecting();
    try {
      this.#stopCollecting = this.#notes.atRest(() => this.#keep());
    } catch (error) {
      // It has ended: this is closed in a moment.
      if (!(error instanceof SessionTerminatedError)) throw error;
    }
  }

  /** Gives the server a message that no answer is due to, or an answer to one of its own. */
  deliver(message: JsonRpcMessage, extra: MessageExtra): void {
    if (typeof message['method'] === 'string') {
      this.transport.onmessage?.(message, extra);
      return;
    }
    const answer = this.#own.answered(message);
    if (answer !== null) this.transport.onmessage?.(answer, extra);
  }

  /** Whether the server waits for an answer of this id. */
  waitsFor(id: RequestId): boolean {
    return this.#own.has(id);
  }

  /**
   * Takes the requests of a POST on. `null` when one of their ids awaits its answer already: nobody could tell the answers
   * apart.
   */
  take(inbound: Inbound, answering: Answering): Post | null {
    const ids = inbound.requests.map(({ id }) => id);
    if (!this.isFree(ids)) return null;
    const { batch, streams, primed, respond } = answering;
    const post = new Post(
      {
        batch,
        streams,
        primed,
        respond,
        sessionId: this.transport.sessionId,
        slow: this.#context.slow,
        onError: (error) => this.#context.onError(error),
        openStream: (priming) => this.streams.post({ priming }),
      },
      ids,
    );
    for (const id of ids) this.#posts.set(id, post);
    for (const message of inbound.messages) this.#wishes.note(message);
    return post;
  }

  /** Whether none of these ids awaits its answer, and none comes twice. */
  isFree(ids: readonly RequestId[]): boolean {
    if (ids.length > 1 && new Set(ids).size < ids.length) return false;
    return !ids.some((id) => this.#posts.has(id));
  }

  /** Gives request ids back, once their POST is answered. */
  release(inbound: Inbound): void {
    for (const { id } of inbound.requests) {
      this.#posts.delete(id);
      this.#wishes.forget(id);
    }
  }

  /** Asks the server something, for the endpoint. Resolves with its answer, which is an error once this is closed. */
  ask(
    message: JsonRpcMessage & { readonly id: RequestId },
    extra: MessageExtra = {},
  ): Promise<Message> {
    return new Promise((resolve) => {
      this.#asked.set(message.id, resolve);
      if (this.#closedWith === null) this.transport.onmessage?.(message, extra);
      else this.#refuseAsked(this.#closedWith);
    });
  }

  /** The client has cancelled a request, and the server has been told: ends its POST, where that is all there is in it. */
  cancelled(id: RequestId): void {
    const post = this.#posts.get(id);
    if (post?.awaits(id) === true) post.cancel(id, CANCELLED);
  }

  /** Aborts the handlers of those of these requests that are not answered, and answers them with the error. */
  abort(ids: Iterable<RequestId>, error: RpcError): void {
    for (const id of ids) {
      const post = this.#posts.get(id);
      if (post?.awaits(id) !== true) continue;
      const params = { requestId: id, reason: error.message };
      this.transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
      post.answer(id, { jsonrpc: '2.0', id, error });
    }
  }

  sent(message: Message, about: RequestId | undefined): unknown {
    if ('method' in message) return this.#tell(message, about);
    const id = 'id' in message ? message.id : undefined;
    if (!isId(id)) throw nobodyWaits(id);
    const wish = this.#wishes.of(id);
    if (wish === undefined || !('result' in message)) return this.#answer(id, message);
    return this.#grant(id, message, wish);
  }

  closed(): void {
    // Where the server did that by itself the session ends: nobody can use it.
    if (this.#closedWith === null) void this.session.terminate('operator').catch(() => {});
  }

  /** Answers what is in flight with the error, then closes the server. Twice is once. Never rejects. */
  close(error: RpcError = SESSION_ENDED): Promise<void> {
    this.#closedWith ??= error;
    this.#closing ??= this.#close(error);
    return this.#closing;
  }

  async #close(error: RpcError): Promise<void> {
    this.abort([...this.#posts.keys()], error);
    this.#refuseAsked(error);
    this.#stopCollecting();
    this.unasked.settle();
    this.#own.clear();
    this.#streams?.end();
    noLongerServed(this.transport.sessionId);
    const server = this.#server;
    this.#server = null;
    // The server closes its transport; closing the transport as well covers a server that has lost it.
    if (server !== null) await letGo(server);
    await this.transport.close().catch(() => {});
  }

  #answer(id: RequestId, message: Message): void {
    const asked = this.#asked.get(id);
    if (asked !== undefined) {
      this.#asked.delete(id);
      asked(message);
      return;
    }
    const post = this.#posts.get(id);
    if (post?.awaits(id) !== true) throw nobodyWaits(id);
    post.answer(id, message);
  }

  #refuseAsked(error: RpcError): void {
    for (const [id, resolve] of this.#asked) resolve({ jsonrpc: '2.0', id, error });
    this.#asked.clear();
  }

  /** The client's wish is granted: it is told so once that is kept, because it will not wish again. */
  async #grant(id: RequestId, message: Message, wish: Wish): Promise<void> {
    this.#wishes.forget(id);
    let told = message;
    try {
      await this.#wishes.keep(wish);
    } catch (error) {
      told = { jsonrpc: '2.0', id, error: rpcErrorOf(error) };
    }
    // It may be cancelled by now.
    if (this.#posts.get(id)?.awaits(id) === true) this.#answer(id, told);
  }

  #tell(message: Message, about: RequestId | undefined): unknown {
    const kind = 'id' in message ? 'request' : 'notification';
    const post = about === undefined ? undefined : this.#posts.get(about);
    if (about === undefined || this.#asked.has(about)) return this.unasked.tell(message);
    if (post?.awaits(about) === true) {
      return this.#own.sending(message, 'post', (outward) => post.tell(outward, kind));
    }
    throw nobodyWaits(about);
  }

  #tellSomePost(message: Message): boolean {
    const post = [...this.#posts].findLast(([id, one]) => one.awaits(id))?.[1];
    void post?.tell(message, 'request');
    return post !== undefined;
  }

  /** What the server asks of its client, and nobody answers for it: it would be lost with the server. */
  #stayInMemory(stay: boolean): void {
    this.#detach?.();
    this.#detach = stay ? this.session.attach({ resident: true }) : null;
  }

  #keep(): unknown {
    this.unasked.settle();
    return this.#wishes.beside(this.#streams === null ? this.#kept : this.#streams.keep());
  }
}
