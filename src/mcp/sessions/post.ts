import { LIMITS } from '../../limits.ts';
import { jsonTextAnswer, type RpcError, rpcErrorOf } from './answers.ts';
import type { MessageStream } from './streams/message-stream.ts';
import type { MessageKind } from './streams/outbox.ts';
import type { DelayLine } from './streams/tick.ts';
import type { Message, RequestId } from './transport.ts';

/** What a POST needs of its endpoint and its connection. */
export interface PostContext {
  readonly sessionId: string;
  readonly batch: boolean;
  /** Answered as a stream from the start. */
  readonly streams: boolean;
  /** Whether the client can read an event without data: those of 2025-11-25 and later. */
  readonly primed: boolean;
  /** Where it waits to become a stream. */
  readonly slow: DelayLine<Post>;
  /** Makes the stream of its answers. */
  openStream(primed: boolean): MessageStream;
  /** Gives the client its response. */
  respond(response: Response): void;
  /** Hears of an answer that is no JSON. */
  onError(error: unknown): void;
}

/** How long a client waits before it comes again for a stream that was cut, ms. */
export const COME_AGAIN_MS = LIMITS.retryAfterMs;

/**
 * The requests of one POST, until every one is answered. They are answered as JSON, as long as nothing is said before the
 * last answer and that comes within `LIMITS.streamAfterMs`; otherwise as a stream, which ends with the last answer.
 */
export class Post {
  /** Resolves when every request is answered, or cancelled, whether or not the client reads it. */
  readonly ended: Promise<void>;
  readonly #context: PostContext;
  /** Those that still await their answer. */
  readonly #open: Set<RequestId>;
  /** As JSON. */
  #answers: string[] = [];
  #stream: MessageStream | null = null;
  #end: () => void = () => undefined;

  constructor(context: PostContext, ids: readonly RequestId[]) {
    this.#context = context;
    this.#open = new Set(ids);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    if (context.streams) this.stream();
    else context.slow.push(this);
  }

  /** Whether this request awaits its answer. */
  awaits(id: RequestId): boolean {
    return this.#open.has(id);
  }

  /** The answer to one of its requests, which must await it. One that is no JSON is an error for its client. */
  answer(id: RequestId, message: Message): void {
    // First: a request that nobody awaits any more, and that is not answered, would be in flight for ever.
    const json = this.#jsonOf(id, message);
    // What was made JSON may have answered it itself.
    if (!this.#open.delete(id)) return;
    if (this.#stream === null) this.#answers.push(json);
    else void this.#stream.send(json, 'answer');
    if (this.#open.size === 0) this.#finish();
  }

  /** What the server has to say about its requests meanwhile. See `MessageStream.send`. */
  tell(message: Message, kind: Exclude<MessageKind, 'answer'>): boolean | Promise<boolean> {
    return this.stream().send(message, kind);
  }

  /**
   * The client has cancelled a request: by the protocol it gets no answer. Where others of its batch still await theirs it
   * gets an error, so that the batch has an answer for each.
   */
  cancel(id: RequestId, error: RpcError): void {
    if (this.#open.size > 1) {
      this.answer(id, { jsonrpc: '2.0', id, error });
      return;
    }
    this.#open.delete(id);
    // Nothing is no JSON: it is an empty stream.
    if (this.#stream === null && this.#answers.length === 0) this.#begin(false);
    this.#finish();
  }

  /** Cuts the connection; the client comes again for the rest. */
  cut(): void {
    if (this.#open.size > 0) this.stream().cut(COME_AGAIN_MS);
  }

  /** It becomes a stream, where it is none yet. */
  stream(): MessageStream {
    return this.#stream ?? this.#begin(this.#context.primed);
  }

  #begin(primed: boolean): MessageStream {
    this.#context.slow.delete(this);
    const stream = this.#context.openStream(primed);
    this.#stream = stream;
    this.#context.respond(stream.response());
    for (const json of this.#answers) void stream.send(json, 'answer');
    this.#answers = [];
    return stream;
  }

  #jsonOf(id: RequestId, message: Message): string {
    try {
      return JSON.stringify(message);
    } catch (error) {
      // A bigint, a circle, a `toJSON` that throws.
      this.#context.onError(error);
      return JSON.stringify({ jsonrpc: '2.0', id, error: rpcErrorOf(error) });
    }
  }

  #finish(): void {
    this.#context.slow.delete(this);
    if (this.#stream === null) {
      const { sessionId, batch } = this.#context;
      const json = this.#answers.join();
      this.#context.respond(jsonTextAnswer(batch ? `[${json}]` : json, sessionId));
      this.#answers = [];
    } else {
      this.#stream.end();
    }
    this.#end();
  }
}
