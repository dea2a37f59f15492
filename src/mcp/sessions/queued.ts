import type { InboundRequest } from './inbound.ts';
import type { RequestId } from './transport.ts';

/** The requests of one POST that wait for their place. */
export interface Waiting {
  /** Those its client has cancelled meanwhile. */
  readonly withdrawn: ReadonlySet<RequestId>;
  /** They wait no more. Twice is once. */
  over(): void;
}

/** The same, with what it takes to end it. */
interface Known {
  readonly ids: readonly RequestId[];
  readonly withdrawn: Set<RequestId>;
  readonly giveUp: () => void;
}

/**
 * Requests the server has not been given yet: 64 others of their session run, or it is being woken. Their ids are taken, and
 * they can be cancelled; once they have their place, their connection knows them. Most requests never wait, and are never here.
 */
export class Queued {
  readonly #sessions = new Map<string, Map<RequestId, Known>>();

  /** Whether none of these requests has the id of one that waits. */
  isFree(session: string, requests: readonly InboundRequest[]): boolean {
    const waiting = this.#sessions.get(session);
    return waiting === undefined || !requests.some(({ id }) => waiting.has(id));
  }

  /** Requests of one POST wait from now on. Their ids must be free. `giveUp` is called once none of them is wanted any more. */
  add(session: string, ids: readonly RequestId[], giveUp: () => void): Waiting {
    const known: Known = { ids, giveUp, withdrawn: new Set() };
    const waiting = this.#sessions.get(session) ?? new Map<RequestId, Known>();
    this.#sessions.set(session, waiting);
    for (const id of ids) waiting.set(id, known);
    return {
      withdrawn: known.withdrawn,
      over: () => {
        for (const id of ids) if (waiting.get(id) === known) waiting.delete(id);
        if (waiting.size === 0 && this.#sessions.get(session) === waiting) {
          this.#sessions.delete(session);
        }
      },
    };
  }

  /** The client does not want this request answered any more. Without effect on one that does not wait. */
  withdraw(session: string, id: RequestId): void {
    const known = this.#sessions.get(session)?.get(id);
    if (known === undefined) return;
    known.withdrawn.add(id);
    if (known.withdrawn.size === known.ids.length) known.giveUp();
  }
}
