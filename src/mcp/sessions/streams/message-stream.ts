import { type BodyWriter, type Sink, writtenResponse } from '../../../http/written-response.ts';
import { Backlog } from './backlog.ts';
import type { EventRing } from './event-ring.ts';
import {
  eventText,
  GAP_TEXT,
  messageText,
  OPEN_TEXT,
  primingText,
  retryText,
  STREAM_HEADERS,
} from './event-stream.ts';
import { KeepAlive } from './keep-alive.ts';
import type { DelayLine } from './tick.ts';

/** What a message is: answers and requests are never left out, notifications are where the client does not read. */
export type MessageKind = 'answer' | 'request' | 'notification';

/** Options of a `MessageStream`. */
export interface MessageStreamOptions {
  /** In the headers of its responses. */
  readonly sessionId: string;
  /** Where open streams wait for their keep-alive: `keepAlives(tick)`, one for an endpoint. */
  readonly keepAlives: DelayLine<KeepAlive>;
  /**
   * Whether a response that has no message yet begins with an event that has an id and no data: so it can be resumed before
   * there is one. Default no: clients of revisions before 2025-11-25 cannot read one. Without effect without a ring.
   */
  readonly priming?: boolean;
  /** What the priming event says of how long to wait before coming again, ms. Default: nothing. */
  readonly retryMs?: number;
  /** Called once, as it ends. */
  readonly onEnd?: () => void;
}

/**
 * The stream that answers a POST. It goes to one client at a time, and the client that leaves ends nothing: with a ring the
 * messages go on into that, and a second `response` gives what was missed and then goes on, each message once and in
 * order. Without a ring what comes while nobody listens is lost.
 */
export class MessageStream {
  /** Called when the client leaves before the end; not by `cut`, and not where another response takes over. */
  onGone: (() => void) | null = null;
  /** `null`: it cannot be resumed. */
  readonly ring: EventRing | null;
  readonly #options: MessageStreamOptions;
  #seat: Seat | null = null;
  /** What came while nobody listens. */
  #missed: Backlog = new Backlog();
  #ended = false;

  constructor(ring: EventRing | null, options: MessageStreamOptions) {
    this.ring = ring;
    this.#options = options;
  }

  /** Whether a response has it that is not over. */
  get listening(): boolean {
    return this.#seat !== null;
  }

  /** Whether nothing more comes. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * False while the client has `LIMITS.streamBytes` or `LIMITS.streamEvents` to read, or so much has come since it left:
   * then notifications are left out.
   */
  get hasRoom(): boolean {
    return this.#seat === null ? this.#missed.hasRoom(null) : this.#seat.hasRoom;
  }

  /**
   * A response that it is written to from now on. The one before is ended.
   *
   * @param after the event its client has had last: what came since then comes first. Default: nothing is repeated. One
   *   that is not of this stream counts as none.
   */
  response(after: string | null = null): Response {
    this.#leave()?.end();
    const seat = new Seat(this, this.#options.keepAlives);
    const replay = after === null ? null : (this.ring?.after(after) ?? null);
    if (replay?.gap === true) seat.write(GAP_TEXT);
    for (const event of replay?.events ?? []) seat.write(eventText(event));
    // A client that comes again knows an id only until this response brings none: the SDKs forget it.
    if (!replay?.events.length) this.#prime(seat);
    this.#missed = new Backlog();
    if (this.#ended) seat.end();
    else this.#seat = seat;
    const { sessionId } = this.#options;
    return writtenResponse(seat, { headers: { ...STREAM_HEADERS, 'mcp-session-id': sessionId } });
  }

  /** Whether there is anything for a client that has had this event: the rest, or what is still to come. */
  hasMore(after: string): boolean {
    return !this.#ended || (this.ring?.after(after)?.events.length ?? 0) > 0;
  }

  /**
   * Sends a message. Returns false where it is left out: a notification while there is no room, anything after the end,
   * and, without a ring, what nobody hears. Throws what `JSON.stringify` does.
   */
  send(message: object, kind: MessageKind): boolean {
    if (this.#ended) return false;
    if (kind === 'notification' && !this.hasRoom) return false;
    const json = JSON.stringify(message);
    const text =
      this.ring === null ? messageText(json) : eventText({ id: this.ring.push(json), json });
    if (this.#seat !== null) this.#seat.write(text);
    else this.#missed.add(text);
    return this.#seat !== null || this.ring !== null;
  }

  /**
   * Ends the response, and the stream goes on: its client comes again after `retryMs` and resumes (polling, SEP-1699).
   * Without effect without a ring, because what comes then would be lost.
   */
  cut(retryMs?: number): void {
    if (this.ring === null || this.#ended) return;
    const seat = this.#leave();
    if (retryMs !== undefined) seat?.write(retryText(retryMs));
    seat?.end();
  }

  /** Nothing more comes: the response ends once everything is written. With a ring it can still be resumed. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave()?.end();
    this.#options.onEnd?.();
  }

  /** For its seats: the client of one has left. */
  left(seat: object): void {
    if (this.#seat !== seat) return;
    this.#seat = null;
    this.onGone?.();
  }

  #prime(seat: Seat): void {
    if (this.ring === null || this.#ended || this.#options.priming !== true) return;
    seat.write(primingText(this.ring.mark(), this.#options.retryMs ?? null));
  }

  #leave(): Seat | null {
    const seat = this.#seat;
    this.#seat = null;
    return seat;
  }
}

/** One response of a stream. The one before may still be told that its client has left: so each has an object of its own. */
class Seat implements BodyWriter {
  readonly #stream: MessageStream;
  readonly #keepAlive: KeepAlive;
  #backlog = new Backlog();
  /** What was written before the response goes out; `null` from then on. */
  #waiting: string[] | null = [];
  #sink: Sink | null = null;
  #ended = false;

  constructor(stream: MessageStream, keepAlives: DelayLine<KeepAlive>) {
    this.#stream = stream;
    this.#keepAlive = new KeepAlive(keepAlives);
  }

  get hasRoom(): boolean {
    return this.#backlog.hasRoom(this.#sink);
  }

  begin(sink: Sink): void {
    const text = (this.#waiting ?? []).join('');
    this.#waiting = null;
    sink.write(text || OPEN_TEXT);
    if (this.#ended) {
      sink.end();
      return;
    }
    this.#sink = sink;
    this.#keepAlive.begin(sink);
  }

  gone(): void {
    this.#close();
    this.#stream.left(this);
  }

  write(text: string): void {
    if (this.#ended) return;
    this.#backlog.add(text);
    if (this.#sink === null) this.#waiting?.push(text);
    else this.#sink.write(text);
    this.#keepAlive.wrote();
  }

  /** What waits for the response to go out goes out all the same. */
  end(): void {
    const sink = this.#sink;
    this.#ended = true;
    this.#sink = null;
    this.#keepAlive.end();
    sink?.end();
  }

  #close(): void {
    this.#ended = true;
    this.#sink = null;
    this.#waiting = null;
    this.#keepAlive.end();
  }
}
