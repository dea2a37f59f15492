import { LIMITS } from '../../../limits.ts';
import { isObject } from '../json-rpc.ts';
import { costOf, type EndedStreams } from './ended-streams.ts';
import { EventRing, type KeptRing, streamKindOf } from './event-ring.ts';
import type { KeepAlive } from './keep-alive.ts';
import { MessageStream, type MessageStreamOptions } from './message-stream.ts';
import type { Outbox } from './outbox.ts';
import type { DelayLine } from './tick.ts';

/** Options of `SessionStreams`. */
export interface SessionStreamsOptions {
  /** In the headers of the responses. */
  readonly sessionId: string;
  /** Where open streams wait for their keep-alive: `keepAlives(tick)`, one for an endpoint. */
  readonly keepAlives: DelayLine<KeepAlive>;
  /** Where full streams wait for their client to read on: `patience(tick)`, one for an endpoint. */
  readonly full: DelayLine<Outbox>;
  /** Those of all sessions, which bounds them. Default: none, as for who only looks something up. */
  readonly allEnded?: EndedStreams;
}

/** How a POST's stream begins: see `MessageStreamOptions`. */
export type PostStreamOptions = Pick<MessageStreamOptions, 'priming' | 'retryMs'>;

/** The streams of a session as a store has them. */
interface KeptStreams {
  readonly standing: KeptRing;
  /** Oldest first. All of them have ended: whoever answered is gone. */
  readonly posts: readonly KeptRing[];
}

/**
 * The streams of one session that a client can resume: those of its POSTs, and the standing one. They belong to one session
 * and are looked for in no other: an event id of another finds nothing.
 *
 * Those that have not ended are never forgotten: there are no more of them than operations of a session. Of the others the
 * newest `LIMITS.resumableStreams` are held, up to `LIMITS.resumableBytes`, and as long as `EndedStreams` lets them. That a
 * client has read one to its end is not known: what was written to a socket may be lost behind it.
 */
export class SessionStreams {
  /**
   * The messages of the standing stream, whether or not it is open. They stay for a client that comes again with
   * `Last-Event-ID`; a plain GET is given nothing of before (the SDKs do the same), because one that never heard of them
   * cannot tell old from new.
   */
  readonly standing: EventRing;
  readonly #options: SessionStreamsOptions;
  /** Streams of POSTs that have not ended, oldest first. */
  readonly #running = new Set<MessageStream>();
  /** Those that have, oldest first. */
  readonly #ended = new Set<MessageStream>();
  #endedBytes = 0;

  constructor(options: SessionStreamsOptions, standing = new EventRing('standing')) {
    this.#options = options;
    this.standing = standing;
  }

  /** A new stream that can be resumed, for the answers of a POST. */
  post(options: PostStreamOptions = {}): MessageStream {
    const { sessionId, keepAlives, full } = this.#options;
    const stream = new MessageStream(new EventRing('post'), {
      sessionId,
      keepAlives,
      full,
      ...options,
      onEnd: (ended) => this.#hasEnded(ended),
    });
    this.#running.add(stream);
    return stream;
  }

  /**
   * Answers a GET with a `Last-Event-ID`.
   *
   * - `Response` for an event of a POST's stream: what came after it, and then what comes. Where nothing is left, or the
   *   stream is forgotten, or is none of this session's (these are not told apart): 204, by which server-sent events say
   *   that there is no use in coming again. Both SDKs heed it. Given a standing stream instead, their clients would have
   *   two, each of which replaces the other, for ever; and SDK 1.x does come again after every streamed error.
   * - `'standing'` for all else: open the standing stream, with `standing.after(lastEventId)` as its replay, which is `null`
   *   (nothing is repeated) for an event that is not known here.
   */
  resume(lastEventId: string): Response | 'standing' {
    if (streamKindOf(lastEventId) !== 'post') return 'standing';
    const stream = this.#posts().find(({ ring }) => ring?.after(lastEventId) != null);
    if (!stream?.hasMore(lastEventId)) return new Response(null, { status: 204 });
    return stream.response(lastEventId);
  }

  /**
   * What is to be kept while the session is put away: JSON, at most `LIMITS.keptStreamsBytes`; of the standing stream and
   * of each POST the newest messages, of POSTs the newest. `null`: nothing is there to be resumed.
   */
  keep(): unknown {
    for (const stream of this.#running) stream.settle();
    if (this.#posts().length === 0 && this.standing.isUnused) return null;
    // The standing one has half of it at most: it says what changed, the others have the answers.
    const standing = this.standing.keep(LIMITS.keptStreamsBytes / 2);
    const posts: KeptRing[] = [];
    let left = LIMITS.keptStreamsBytes - sizeOf({ standing, posts });
    for (const { ring } of this.#posts().toReversed()) {
      if (ring === null) continue;
      const kept = ring.keep(left - 1);
      left -= sizeOf(kept) + 1;
      if (left < 0) break;
      posts.unshift(kept);
    }
    return { standing, posts } satisfies KeptStreams;
  }

  /**
   * The streams that were kept. What is no such thing (it comes from a store) is left out; never throws. The POSTs' streams
   * have ended: a replay gives what is left of them, and then the response ends.
   */
  static restored(kept: unknown, options: SessionStreamsOptions): SessionStreams {
    const { standing, posts } = (isObject(kept) ? kept : {}) as {
      readonly [name: string]: unknown;
    };
    const streams = new SessionStreams(
      options,
      EventRing.of(standing, 'standing') ?? new EventRing('standing'),
    );
    for (const one of Array.isArray(posts) ? posts.slice(-LIMITS.resumableStreams) : []) {
      const ring = EventRing.of(one, 'post');
      if (ring === null) continue;
      const stream = new MessageStream(ring, options);
      stream.end();
      streams.#hasEnded(stream);
    }
    return streams;
  }

  /** Ends the streams of all POSTs, and forgets them: the session is over, or put away. */
  end(): void {
    for (const stream of this.#running) {
      stream.end();
      stream.settle();
    }
    for (const stream of this.#ended) this.forget(stream);
  }

  /** For `EndedStreams`: this one, which has ended, is not held any longer. */
  forget(stream: MessageStream): void {
    if (!this.#ended.delete(stream)) return;
    this.#endedBytes -= costOf(stream);
    this.#options.allEnded?.delete(stream);
  }

  /** Oldest first: those that have ended, then the others. */
  #posts(): MessageStream[] {
    return [...this.#ended, ...this.#running];
  }

  #hasEnded(stream: MessageStream): void {
    this.#running.delete(stream);
    this.#ended.add(stream);
    this.#endedBytes += costOf(stream);
    this.#options.allEnded?.add(stream, this);
    for (const oldest of this.#ended) {
      const isTooMany = this.#ended.size > LIMITS.resumableStreams;
      if (!isTooMany && this.#endedBytes <= LIMITS.resumableBytes) break;
      this.forget(oldest);
    }
  }
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
