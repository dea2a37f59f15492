import { randomBase64url } from '../../../identity/randomness.ts';
import { LIMITS } from '../../../limits.ts';
import { isObject } from '../json-rpc.ts';

/** A message of a stream, as JSON in one line, and the id its client resumes from. */
export interface StreamEvent {
  readonly id: string;
  readonly json: string;
}

/** What a client that comes again has not had. */
export interface Replay {
  /** Oldest first. */
  readonly events: readonly StreamEvent[];
  /** Whether some that came before these are lost: they were pushed out. */
  readonly gap: boolean;
}

/**
 * 96 bits. An event id opens nothing: who names one was found to be the session's principal before, and it is looked
 * for in this session's rings only. It must not come twice, not even after a crash has taken the count with it.
 */
const STREAM_BYTES = 12;

/** What a stream is for: the answers of a POST, or what the server says unasked (GET). */
export type StreamKind = 'post' | 'standing';

/** The first letter of a stream's own id. So of a stream that is forgotten it is known still what it was for. */
const LETTERS = { post: 'p', standing: 's' } as const;

/**
 * The mark of a standing stream before its first message: its client has had nothing. It is the same for every session, so
 * that it holds wherever the messages are said later: by a server that is not made yet, or after a crash. It tells nobody
 * anything, because it is looked for in the session's own ring only.
 */
const HAD_NOTHING = `${LETTERS.standing}_0`;

/** An event id: the stream's own, and a count. */
const EVENT_ID = /^(s|[ps][A-Za-z0-9_-]{1,32})_(0|[1-9]\d{0,14})$/;

/** What an event's stream is for, known or not; `null`: it is no event id of ours. */
export const streamKindOf = (eventId: string): StreamKind | null => {
  const stream = parsed(eventId)?.stream;
  if (stream === undefined) return null;
  return stream.startsWith(LETTERS.post) ? 'post' : 'standing';
};

interface Entry extends StreamEvent {
  readonly bytes: number;
}

/**
 * The last messages of one stream, for a client that comes again: at most `LIMITS.streamEvents`, and `LIMITS.streamBytes`
 * of JSON. The oldest is pushed out first; a message longer than all of that is not kept either.
 *
 * Ids are `<stream>_<n>`, visible ASCII. A ring that was kept and comes again mints the ids of new messages from a new
 * stream: what was pushed between its keeping and a crash had ids too, and those must not mean something else.
 */
export class EventRing {
  /** The id that comes before the first message that is here: of the last one that was pushed out. */
  #before: string;
  readonly #stream: string;
  #count = 0;
  readonly #entries: Entry[] = [];
  #bytes = 0;

  constructor(kind: StreamKind) {
    this.#stream = LETTERS[kind] + randomBase64url(STREAM_BYTES);
    this.#before = kind === 'standing' ? HAD_NOTHING : `${this.#stream}_0`;
  }

  /** Bytes of JSON that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of a standing stream: nothing was ever said on it. What a client may know of that means the same in a new one. */
  get isUnused(): boolean {
    return this.#last === HAD_NOTHING;
  }

  /** The id to resume from for whoever has had everything up to now: for a priming event. */
  mark(): string {
    return this.#last;
  }

  /** Takes a message, as JSON in one line. Returns its event id. */
  push(json: string): string {
    this.#count += 1;
    const entry = { id: `${this.#stream}_${this.#count}`, json, bytes: Buffer.byteLength(json) };
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    while (this.#entries.length > LIMITS.streamEvents || this.#bytes > LIMITS.streamBytes) {
      const out = this.#entries.shift();
      if (out === undefined) break;
      this.#bytes -= out.bytes;
      this.#before = out.id;
    }
    return entry.id;
  }

  /**
   * What came after this event; `null`: it is not of this stream. Where messages between the two were pushed out, the
   * rest is given, with `gap`: the newest is most often the answer, and that is what its client waits for.
   */
  after(eventId: string): Replay | null {
    if (eventId === this.#before) return { events: this.#from(0), gap: false };
    const at = this.#entries.findIndex(({ id }) => id === eventId);
    if (at >= 0) return { events: this.#from(at + 1), gap: false };
    return this.#wasPushedOut(eventId) ? { events: this.#from(0), gap: true } : null;
  }

  /** As JSON, for a store: the newest messages that fit into so many bytes of it. */
  keep(bytes: number): KeptRing {
    const events: [string, string][] = [];
    let left = bytes - Buffer.byteLength(JSON.stringify({ before: this.#last, events }));
    let before = this.#before;
    for (const { id, json } of this.#entries.toReversed()) {
      left -= Buffer.byteLength(JSON.stringify([id, json])) + 1;
      if (left < 0) {
        before = id;
        break;
      }
      events.unshift([id, json]);
    }
    return { before, events };
  }

  /** The ring that was kept; `null` where that is none: it comes from a store, and may be anything. */
  static of(kept: unknown, kind: StreamKind): EventRing | null {
    if (!isObject(kept)) return null;
    const { before, events } = kept;
    if (!isEventId(before, kind) || !Array.isArray(events)) return null;
    if (events.length > LIMITS.streamEvents) return null;
    const ring = new EventRing(kind);
    ring.#before = before;
    const ids = new Set([before]);
    for (const event of events as unknown[]) {
      if (!Array.isArray(event) || event.length !== 2) return null;
      const [id, json] = event as unknown[];
      if (!isEventId(id, kind) || ids.has(id) || !isMessage(json)) return null;
      ids.add(id);
      const bytes = Buffer.byteLength(json);
      ring.#entries.push({ id, json, bytes });
      ring.#bytes += bytes;
    }
    return ring.#bytes > LIMITS.streamBytes ? null : ring;
  }

  #from(index: number): StreamEvent[] {
    return this.#entries.slice(index).map(({ id, json }) => ({ id, json }));
  }

  get #last(): string {
    return this.#entries.at(-1)?.id ?? this.#before;
  }

  /** Whether a message of this id was here: of a stream some of which is here still, and before that. */
  #wasPushedOut(eventId: string): boolean {
    if (eventId === HAD_NOTHING) return this.#stream.startsWith(LETTERS.standing);
    const named = parsed(eventId);
    if (named === null) return false;
    const kept = [this.#before, ...this.#entries.map(({ id }) => id)].map(parsed);
    const first = kept.find((one) => one?.stream === named.stream);
    return first !== null && first !== undefined && named.count < first.count;
  }
}

/** A ring as a store has it. */
export interface KeptRing {
  /** The event before the first of these. */
  readonly before: string;
  /** Event ids with their messages, oldest first. */
  readonly events: readonly (readonly [id: string, json: string])[];
}

const parsed = (eventId: string): { readonly stream: string; readonly count: number } | null => {
  const [, stream, count] = EVENT_ID.exec(eventId) ?? [];
  return stream === undefined ? null : { stream, count: Number(count) };
};

const isEventId = (value: unknown, kind: StreamKind): value is string =>
  typeof value === 'string' && streamKindOf(value) === kind;

/** A line break would end the event early, and what follows it would be an event of its own. */
const isMessage = (value: unknown): value is string => {
  if (typeof value !== 'string' || /[\r\n]/.test(value)) return false;
  try {
    return isObject(JSON.parse(value));
  } catch {
    return false;
  }
};
