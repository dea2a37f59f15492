import { CANCELLED, inFlight, refusedRequests } from './answers.ts';
import type { Inbound } from './inbound.ts';
import type { LegContext } from './leg-context.ts';
import type { Waiting } from './queued.ts';
import { STREAM_HEADERS } from './streams/event-stream.ts';
import type { RequestId } from './transport.ts';

/** Nothing was cancelled before. */
export const NONE: ReadonlySet<RequestId> = new Set();

/** What a POST that none of its requests is wanted of any more is answered with. */
const givenUp = ({ batch, requests }: Inbound): Response =>
  batch
    ? refusedRequests(requests, batch, CANCELLED)
    : // By the protocol it gets no answer, and nothing is no JSON: it is an empty stream.
      new Response('', { headers: STREAM_HEADERS });

/** The place of a POST among what its session does at once. Most have it at once, and cost nothing more than this. */
export class Place {
  #isOver = false;
  #hasBegun = false;
  #waiting: Waiting | null = null;

  /** It has its place. Returns the requests that were cancelled before; `null`: it is not to be begun any more. */
  begin(): ReadonlySet<RequestId> | null {
    if (this.#isOver) return null;
    this.#hasBegun = true;
    if (this.#waiting === null) return NONE;
    this.leave();
    return this.#waiting.withdrawn;
  }

  /**
   * It was asked for: where it has not come at once, it is waited for, as long as any of these requests is wanted. Then, and
   * where one of their ids is in flight already, the answer is `giveUp`'s.
   */
  asked(
    { queued, connections }: Pick<LegContext, 'queued' | 'connections'>,
    session: string,
    inbound: Inbound,
    giveUp: (response: Response) => void,
  ): void {
    if (this.#hasBegun) return;
    const ids = inbound.requests.map(({ id }) => id);
    const end = (response: Response): void => {
      this.#isOver = true;
      this.leave();
      giveUp(response);
    };
    const isTwice = new Set(ids).size < ids.length;
    if (isTwice || connections.get(session)?.isFree(ids) === false) end(inFlight());
    else this.#waiting = queued.add(session, ids, () => end(givenUp(inbound)));
  }

  /** It waits no more. Twice is once. */
  leave(): void {
    this.#waiting?.over();
  }
}
