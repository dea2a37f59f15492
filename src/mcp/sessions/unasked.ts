import { isId } from './json-rpc.ts';
import type { OwnRequests } from './own-requests.ts';
import type { StreamEvent } from './streams/event-ring.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import { Outbox, type Outlet } from './streams/outbox.ts';
import type { SessionStreams } from './streams/session-streams.ts';
import type { DelayLine } from './streams/tick.ts';
import type { Message, RequestId } from './transport.ts';

/** Where to, in what order. */
export interface UnaskedContext {
  readonly sessionId: string;
  readonly open: OpenStreams;
  readonly own: OwnRequests;
  /** Where full streams wait for their client to read on. */
  readonly full: DelayLine<Outbox>;
  streams(): SessionStreams;
  /** Says it on the stream of a POST that is being answered; false where there is none. */
  tellSomePost(message: Message): boolean;
}

/**
 * What a server says that belongs to no request of its client: it goes to the stream of the session's GET, and waits in its
 * ring for a client that comes again.
 *
 * A request must reach somebody, or its server waits in vain. So where no GET is open, it goes out with the answers of a
 * POST (SDK 2.x does not say which call `elicitInput` belongs to, and not every client opens a GET), or else with the next
 * GET: an SDK client opens it only after its first call.
 *
 * Where the client of the GET does not keep up, what comes waits for it, in order; where that does not read on in time, the
 * GET is closed, and its client comes again for what the ring holds.
 */
export class Unasked implements Outlet {
  readonly #context: UnaskedContext;
  /** `null`: its client has never had too much to read. */
  #outbox: Outbox | null = null;

  constructor(context: UnaskedContext) {
    this.#context = context;
  }

  /** Says it: at once, or, where that returns a promise, when the client has read on. The promise never rejects. Throws for what is no JSON. */
  tell(given: Message): Promise<boolean> | null {
    return this.#context.own.sending(given, 'standing', (message) => this.#tell(message));
  }

  #tell(message: Message): Promise<boolean> | null {
    const { sessionId, open, full, tellSomePost } = this.#context;
    const request = requestIdOf(message);
    if (request !== null && !open.has(sessionId) && tellSomePost(message)) return null;
    const json = JSON.stringify(message);
    if (this.#outbox?.isFull === true) this.#outbox.giveUp();
    if (this.#outbox?.waits !== true && this.hasRoom) {
      this.#say(json, request);
      return null;
    }
    this.#outbox ??= new Outbox(full, this);
    return this.#outbox.wait(false, Buffer.byteLength(json), () => this.#say(json, request));
  }

  /** A stream is open now. What its client is given anyway is in `replayed`. */
  opened(replayed: readonly StreamEvent[]): void {
    const { sessionId, open, own } = this.#context;
    for (const [request, event] of own.takeUnheard()) {
      const isSaid = replayed.some(({ id }) => id === event.id);
      if (!isSaid && !open.write(sessionId, event.id, event.json)) own.addUnheard(request, event);
    }
    this.#outbox?.goOn();
  }

  /** Nothing waits any more: where there is no room, the stream is closed, and its client comes again for it. */
  settle(): void {
    this.#outbox?.giveUp();
  }

  /** For its outbox. */
  get hasRoom(): boolean {
    return this.#context.open.hasRoom(this.#context.sessionId);
  }

  /** For its outbox. */
  whenRead(callback: () => void): void {
    this.#context.open.whenRead(this.#context.sessionId, callback);
  }

  /** For its outbox. */
  emptied(): void {}

  #say(json: string, request: RequestId | null): void {
    const { sessionId, open, own, streams } = this.#context;
    const id = streams().standing.push(json);
    const isHeard = open.write(sessionId, id, json);
    if (!isHeard && request !== null) own.addUnheard(request, { id, json });
  }
}

const requestIdOf = (message: Message): RequestId | null =>
  'method' in message && 'id' in message && isId(message.id) ? message.id : null;
