import type { BodyWriter, Sink } from '../../../http/written-response.ts';
import { Backlog } from './backlog.ts';
import type { Replay } from './event-ring.ts';
import {
  eventText,
  GAP_TEXT,
  KEEP_ALIVE_TEXT,
  messageText,
  OPEN_TEXT,
  primingText,
  retryText,
} from './event-stream.ts';
import { pingJson, pingsBefore } from './presence.ts';

/** Whom a stream tells that it is over. */
interface Owner {
  left(stream: StandingStream): void;
}

/** What a client of a GET is sent first. */
export const replayText = (replay: Replay | null, mark: string | null): string => {
  const events = (replay?.events ?? []).map(eventText).join('');
  // The SDKs forget the id they came with: where no event brings one, they are told it again.
  const primed = events === '' && mark !== null ? primingText(mark, null) : '';
  return `${OPEN_TEXT}${replay?.gap === true ? GAP_TEXT : ''}${events}${primed}`;
};

/**
 * One open GET. There may be one for each stored session: so it is a few fields, and whom they belong to is known by id.
 */
export class StandingStream implements BodyWriter {
  readonly id: string;
  /** The number of the ping that waits for its answer; 0: none does. */
  ping = 0;
  /** The number of the newest ping. */
  #pings = pingsBefore();
  /** Looks since the last ping. */
  looks = 0;
  readonly #owner: Owner;
  readonly #detach: () => void;
  #sink: Sink | null = null;
  /** What waits for the response to go out; `null`: it is out, or the stream is over. */
  #first: string | null;
  /** `null`: all of it was taken when last looked at. */
  #backlog: Backlog | null = null;
  #isQuiet = false;
  #over = false;

  /** @param detach takes the presence back; called once. @param first is sent at the start. */
  constructor(owner: Owner, id: string, detach: () => void, first: string) {
    this.#owner = owner;
    this.id = id;
    this.#detach = detach;
    this.#first = first;
  }

  begin(sink: Sink): void {
    const first = this.#first ?? '';
    this.#first = null;
    sink.write(first);
    if (this.#over) {
      sink.end();
      return;
    }
    this.#sink = sink;
    this.#backlog?.begun();
  }

  gone(): void {
    this.#first = null;
    this.#leave();
  }

  /** Whether the client has read enough to be sent more. */
  get hasRoom(): boolean {
    return this.#over || this.#backlog === null || this.#backlog.hasRoom(this.#sink);
  }

  /** Calls back when the client has read on: for whoever has found no room. See `Sink.whenRead`. */
  whenRead(callback: () => void): void {
    this.#backlog?.whenRead(this.#sink, callback);
  }

  /** False where the client has too much to read: then the stream is over. */
  write(text: string): boolean {
    if (this.#over) return false;
    this.#backlog ??= new Backlog();
    if (!this.#backlog.hasRoom(this.#sink)) {
      this.end();
      return false;
    }
    this.#backlog.add(text);
    this.#isQuiet = false;
    if (this.#sink === null) {
      this.#first += text;
      return true;
    }
    this.#sink.write(text);
    if (this.#sink.unreadBytes === 0) this.#backlog = null;
    return true;
  }

  /**
   * Sends a ping where one is due, otherwise a comment where nothing was sent since the last look. Returns false where the
   * stream is over: also where its response has not gone out since the last look, for nobody is there.
   */
  look(pingIsDue: boolean): boolean {
    if (this.#over) return false;
    if (this.#sink === null) {
      this.end();
      return false;
    }
    // One that reads may be full at any one moment, and what it is sent then needs no company.
    if (!this.hasRoom && this.#backlog?.isStuck(this.#sink) === false) return true;
    if (pingIsDue) {
      this.#pings += 1;
      this.ping = this.#pings;
      return this.write(messageText(pingJson(this.ping)));
    }
    const wasQuiet = this.#isQuiet;
    const goesOn = !wasQuiet || this.write(KEEP_ALIVE_TEXT);
    this.#isQuiet = !wasQuiet;
    return goesOn;
  }

  /** Ends it; twice is once. What waits goes out all the same. */
  end(retryMs?: number): void {
    if (this.#over) return;
    const sink = this.#sink;
    if (retryMs !== undefined) {
      if (sink === null) this.#first += retryText(retryMs);
      else sink.write(retryText(retryMs));
    }
    this.#leave();
    sink?.end();
  }

  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink = null;
    this.#backlog = null;
    this.#owner.left(this);
    this.#detach();
  }
}
