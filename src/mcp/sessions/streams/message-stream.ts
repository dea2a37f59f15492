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
import { type MessageKind, Outbox, type Outlet } from './outbox.ts';
import type { DelayLine } from './tick.ts';

/** Options of a `MessageStream`. */
export interface MessageStreamOptions {
  /** In the headers of its responses. */
  readonly sessionId: string;
  /** Where open streams wait for their keep-alive: `keepAlives(tick)`, one for an endpoint. */
  readonly keepAlives: DelayLine<KeepAlive>;
  /** Where full streams wait for their client to read on: `patience(tick)`, one for an endpoint. */
  readonly full: DelayLine<Outbox>;
  /**
   * Whether a response that has no message yet begins with an event that has an id and no data: so it can be resumed before
   * there is one. Default no: clients of revisions before 2025-11-25 cannot read one. Without effect without a ring.
   */
  readonly priming?: boolean;
  /** What the priming event says of how long to wait before coming again, ms. Default: nothing. */
  readonly retryMs?: number;
  /** Called once, as it has ended. */
  readonly onEnd?: (stream: MessageStream) => void;
}

/**
 * The stream that answers a POST. It goes to one client at a time, and the client that leaves ends nothing: with a ring the
 * messages go on into that, and a second `response` gives what was missed and then goes on, each message once and in
 * order. Without a ring what comes while nobody listens is lost.
 */
export class MessageStream implements Outlet {
  /** `null`: it cannot be resumed. */
  readonly ring: EventRing | null;
  readonly #options: MessageStreamOptions;
  #seat: Seat | null = null;
  /** What came while nobody listens. */
  #missed: Backlog = new Backlog();
  /** `null`: its client has never had too much to read. */
  #outbox: Outbox | null = null;
  #isEnding = false;
  #ended = false;

  constructor(ring: EventRing | null, options: MessageStreamOptions) {
    this.ring = ring;
    this.#options = options;
  }

  /** Whether nothing more comes, and nothing waits. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * False while the client has `LIMITS.streamBytes` or `LIMITS.unreadEvents` to read, or as much as a ring keeps has come
   * since it left.
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
   * Sends a message: at once, or, where a notification finds no room, when its client has read on, and what comes then
   * behind it. Whoever awaits that goes at the client's pace. False where it is left out: a notification where nobody reads,
   * anything after the end, and, without a ring, what nobody hears. Throws what `JSON.stringify` does, never rejects.
   *
   * @param message a text is JSON already.
   */
  send(message: object | string, kind: MessageKind): boolean | Promise<boolean> {
    if (this.#isEnding) return false;
    const outbox = this.#outbox;
    if (outbox?.waits !== true && (kind !== 'notification' || this.hasRoom)) {
      if (kind === 'notification') outbox?.sawRoom();
      return this.#put(jsonOf(message));
    }
    const mayBeLeftOut = kind === 'notification';
    if (mayBeLeftOut && (this.#seat === null || outbox?.hasGivenUp || outbox?.isFull)) return false;
    const json = jsonOf(message);
    this.#outbox ??= new Outbox(this.#options.full, this);
    return this.#outbox.wait(mayBeLeftOut, Buffer.byteLength(json), () => this.#put(json));
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

  /**
   * Nothing more comes: the response ends once everything is written, also what waits for room. With a ring it can still be
   * resumed.
   */
  end(): void {
    this.#isEnding = true;
    if (this.#outbox?.waits !== true) this.#finish();
  }

  /** Nothing waits any more: what there is no room for is left out, if it may be. */
  settle(): void {
    this.#outbox?.giveUp();
  }

  /** For its outbox. */
  whenRead(callback: () => void): void {
    this.#seat?.whenRead(callback);
  }

  /** For its outbox. */
  emptied(): void {
    if (this.#isEnding) this.#finish();
  }

  /** For its seats: the client of one has left. */
  left(seat: object): void {
    if (this.#seat === seat) this.#leave();
  }

  #put(json: string): boolean {
    const text =
      this.ring === null ? messageText(json) : eventText({ id: this.ring.push(json), json });
    if (this.#seat !== null) this.#seat.write(text);
    else this.#missed.add(text);
    return this.#seat !== null || this.ring !== null;
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave()?.end();
    this.#options.onEnd?.(this);
  }

  #prime(seat: Seat): void {
    if (this.ring === null || this.#ended || this.#options.priming !== true) return;
    seat.write(primingText(this.ring.mark(), this.#options.retryMs ?? null));
  }

  /** What waits for its client goes into the ring: it may come again. */
  #leave(): Seat | null {
    const seat = this.#seat;
    const outbox = this.#outbox;
    this.#seat = null;
    this.#outbox = null;
    outbox?.giveUp();
    return seat;
  }
}

const jsonOf = (message: object | string): string =>
  typeof message === 'string' ? message : JSON.stringify(message);

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

  whenRead(callback: () => void): void {
    this.#backlog.whenRead(this.#sink, callback);
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
    this.#backlog.begun();
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
