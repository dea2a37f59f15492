import { writtenResponse } from '../../../http/written-response.ts';
import { LIMITS } from '../../../limits.ts';
import type { Session } from '../../../runtime/session.ts';
import type { Replay } from './event-ring.ts';
import { eventText, STREAM_HEADERS } from './event-stream.ts';
import { pingIdOf } from './presence.ts';
import { replayText, StandingStream } from './standing-stream.ts';
import type { DelayLine, Tick } from './tick.ts';

/** Options of `OpenStreams`. */
export interface OpenStreamsOptions {
  readonly tick: Tick;
  /** How often each is pinged, ms: `pingWindowMs(runtime.deadlines)`. */
  readonly pingWindowMs: number;
}

/** What the client of a GET is given before what comes. */
export interface OpenOptions {
  /** What it has missed: `standing.after(lastEventId)`. Default nothing. */
  readonly replay?: Replay | null;
  /**
   * The id to resume from while there is no message, for a client that can read an event without data (revision
   * 2025-11-25 and later): `standing.mark()`. Default none.
   */
  readonly mark?: string | null;
}

/**
 * The open GETs of one endpoint, by session, one each: a new one replaces the one before, whose client may be gone
 * without a word. They outlive the server and the transport of their session: of one whose session is put away only a
 * small object is left here, and the session is told that somebody is there (`attach`).
 *
 * Each is pinged once a window, in turn; nobody is ended for not answering. A client that leaves more unread than
 * `LIMITS.streamBytes` or `LIMITS.unreadEvents` has its stream ended, and opens another: `hasRoom` tells whoever would rather
 * wait.
 */
export class OpenStreams {
  readonly #byId = new Map<string, StandingStream>();
  /** Each is looked at once in `delayMs`, and pinged at every `#looksPerPing`-th look. */
  readonly #line: DelayLine<StandingStream>;
  readonly #looksPerPing: number;
  #opened = 0;
  #closed = false;

  constructor(options: OpenStreamsOptions) {
    const { tick, pingWindowMs } = options;
    // At least two looks in `keepAliveMs`, and a whole number of them in a window: so one line serves both.
    this.#looksPerPing = Math.ceil(pingWindowMs / (LIMITS.keepAliveMs / 2));
    this.#line = tick.line(pingWindowMs / this.#looksPerPing, (stream) => this.#look(stream));
  }

  /** How many are open. */
  get size(): number {
    return this.#byId.size;
  }

  /** Whether this session has one. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /**
   * Opens the standing stream of a session, as a presence of it. Its first bytes go out at once, because the headers do
   * with them. Throws what `session.attach` does. Once this is closed, the response is empty.
   */
  open(session: Pick<Session, 'id' | 'attach'>, options: OpenOptions = {}): Response {
    const { id } = session;
    const detach = this.#closed ? () => undefined : session.attach();
    this.closeOf(id);
    const first = replayText(options.replay ?? null, options.mark ?? null);
    const stream = new StandingStream(this, id, detach, first);
    if (this.#closed) stream.end();
    else this.#add(stream);
    return writtenResponse(stream, { headers: STREAM_HEADERS });
  }

  /** Whether a message may be written: the client of this session has read enough, or there is none. */
  hasRoom(id: string): boolean {
    return this.#byId.get(id)?.hasRoom ?? true;
  }

  /** Calls back when the client of a session has read on: for whoever has found no room. May never come. */
  whenRead(id: string, callback: () => void): void {
    this.#byId.get(id)?.whenRead(callback);
  }

  /**
   * Writes a message of the server, with the event id its ring gave it (`standing.push`). False where no client is there:
   * it stays in the ring.
   */
  write(id: string, eventId: string, json: string): boolean {
    return this.#byId.get(id)?.write(eventText({ id: eventId, json })) ?? false;
  }

  /**
   * Whether this is the answer to the ping that waits on the session's stream; then the session is told (`beat`), which
   * wakes nothing. An answer that comes after the next ping went out proves nothing any more.
   */
  pong(session: Pick<Session, 'id' | 'beat'>, pingId: unknown): boolean {
    const stream = this.#byId.get(session.id);
    if (stream === undefined || stream.ping === 0 || pingIdOf(stream.ping) !== pingId) return false;
    stream.ping = 0;
    session.beat();
    return true;
  }

  /**
   * Ends the stream of a session, as where the session ends. @param retryMs how long its client waits before it opens
   * another, ms; default: as long as it likes.
   */
  closeOf(id: string, retryMs?: number): void {
    this.#byId.get(id)?.end(retryMs);
  }

  /** Ends those of all sessions but these. @param retryMs see `closeOf`. */
  closeAllBut(stays: (id: string) => boolean, retryMs?: number): void {
    for (const stream of this.#byId.values()) if (!stays(stream.id)) stream.end(retryMs);
  }

  /** Ends all of them, and opens no others. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#byId.values()) stream.end();
  }

  /** For its streams: this one is over. Called once by each, and before another takes its place. */
  left(stream: StandingStream): void {
    this.#byId.delete(stream.id);
    this.#line.delete(stream);
  }

  #add(stream: StandingStream): void {
    // Many come at once after a restart: they are pinged by turns all the same.
    stream.looks = this.#opened % this.#looksPerPing;
    this.#opened += 1;
    this.#byId.set(stream.id, stream);
    this.#line.push(stream);
  }

  #look(stream: StandingStream): void {
    stream.looks = (stream.looks + 1) % this.#looksPerPing;
    if (stream.look(stream.looks === 0)) this.#line.push(stream);
  }
}
