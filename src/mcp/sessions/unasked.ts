import { isId } from './json-rpc.ts';
import type { OwnRequests } from './own-requests.ts';
import type { StreamEvent } from './streams/event-ring.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import type { SessionStreams } from './streams/session-streams.ts';
import type { Message, RequestId } from './transport.ts';

/** Where to, in what order. */
export interface UnaskedContext {
  readonly sessionId: string;
  readonly open: OpenStreams;
  readonly own: OwnRequests;
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
 */
export class Unasked {
  readonly #context: UnaskedContext;
  #unheard: (StreamEvent & { readonly request: RequestId })[] = [];

  constructor(context: UnaskedContext) {
    this.#context = context;
  }

  /** Says it. */
  tell(given: Message): void {
    const { sessionId, open, own, streams, tellSomePost } = this.#context;
    const message = own.sent(given, 'standing');
    const request = 'method' in message && 'id' in message && isId(message.id) ? message.id : null;
    if (request !== null && !open.has(sessionId) && tellSomePost(message)) return;
    const json = JSON.stringify(message);
    const id = streams().standing.push(json);
    const heard = open.write(sessionId, id, json);
    if (!heard && request !== null) this.#unheard.push({ id, json, request });
  }

  /** A stream is open now. What its client is given anyway is in `replayed`. */
  opened(replayed: readonly StreamEvent[]): void {
    const { sessionId, open, own } = this.#context;
    for (const { id, json, request } of this.#unheard) {
      const isDue = own.has(request) && !replayed.some((event) => event.id === id);
      if (isDue) open.write(sessionId, id, json);
    }
    this.#unheard = [];
  }
}
