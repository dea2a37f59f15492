import { randomBase64url } from '../../identity/randomness.ts';
import { LIMITS } from '../../limits.ts';
import { isId, isObject } from './json-rpc.ts';
import type { StreamEvent } from './streams/event-ring.ts';
import type { Message, RequestId } from './transport.ts';

/** Where a request of the server goes to: it belongs to a POST that is being answered, or to none. */
type Place = 'post' | 'standing';

/** 24 random bits above 24 for the count: far from the numbers of other servers of the session, and a safe integer. */
const randomOffset = (): number =>
  Buffer.from(randomBase64url(3), 'base64url').readUIntBE(0, 3) * 2 ** 24;

const idIn = (message: Message, field: 'id' | 'requestId'): unknown => {
  const from = field === 'id' ? message : 'params' in message ? message.params : null;
  return isObject(from) ? from[field] : null;
};

/**
 * What the server asks of its client (elicitation, sampling, roots), until that is answered.
 *
 * Every server counts its requests from 0. A server that is made again after a crash does so too, while the client may
 * still be about to answer the one before: so its numbers go out with an offset, and a late answer finds nobody.
 */
export class OwnRequests {
  readonly #offset: number;
  readonly #onQuiet: (isQuiet: boolean) => void;
  readonly #waiting = new Map<RequestId, Place>();
  /** Those that have reached nobody, oldest first. */
  readonly #unheard = new Map<RequestId, StreamEvent>();
  #unheardBytes = 0;
  #standing = 0;

  /** @param onQuiet told when the first request that belongs to no POST waits for its answer, and when none does. */
  constructor(restored: boolean, onQuiet: (isQuiet: boolean) => void) {
    this.#offset = restored ? randomOffset() : 0;
    this.#onQuiet = onQuiet;
  }

  /**
   * Has a message of the server other than an answer sent, as it goes out. Throws what `send` does: then nobody waits for
   * its answer.
   */
  sending<T>(message: Message, place: Place, send: (outward: Message) => T): T {
    const outward = this.#sent(message, place);
    try {
      return send(outward);
    } catch (error) {
      // It is no JSON: one that stayed here would keep its session in memory for ever.
      if ('method' in outward && 'id' in outward && isId(outward.id)) this.#remove(outward.id);
      throw error;
    }
  }

  /** Whether an answer to this id is waited for. */
  has(id: RequestId): boolean {
    return this.#waiting.has(id);
  }

  /**
   * A request has reached nobody yet. It is kept for a client that comes, as long as its answer is waited for, up to so many
   * as a ring holds: the oldest is given up.
   */
  addUnheard(id: RequestId, event: StreamEvent): void {
    if (!this.#waiting.has(id)) return;
    this.#removeUnheard(id);
    this.#unheard.set(id, event);
    this.#unheardBytes += Buffer.byteLength(event.json);
    for (const oldest of this.#unheard.keys()) {
      const isTooMany = this.#unheard.size > LIMITS.streamEvents;
      if (!isTooMany && this.#unheardBytes <= LIMITS.streamBytes) break;
      this.#removeUnheard(oldest);
    }
  }

  /** Those that have reached nobody, oldest first, with their ids: they are said now. */
  takeUnheard(): [RequestId, StreamEvent][] {
    const events = [...this.#unheard];
    this.#unheard.clear();
    this.#unheardBytes = 0;
    return events;
  }

  /** An answer of the client, as the server knows it; `null`: nobody waits for it. */
  answered(message: Message): Message | null {
    const id = idIn(message, 'id');
    if (!isId(id) || !this.#waiting.has(id)) return null;
    this.#remove(id);
    return typeof id === 'number' ? { ...message, id: id - this.#offset } : message;
  }

  /** Nobody waits any more: the server is gone. */
  clear(): void {
    for (const id of [...this.#waiting.keys()]) this.#remove(id);
  }

  #sent(message: Message, place: Place): Message {
    if (!('method' in message)) return message;
    if ('id' in message) {
      const id = this.#outward(message.id);
      if (!isId(id)) return message;
      this.#add(id, place);
      return { ...message, id };
    }
    if (message.method !== 'notifications/cancelled' || !('params' in message)) return message;
    const id = this.#outward(idIn(message, 'requestId'));
    if (!isId(id) || !this.#waiting.has(id)) return message;
    this.#remove(id);
    return { ...message, params: { ...(message.params as object), requestId: id } };
  }

  #outward(id: unknown): unknown {
    return typeof id === 'number' ? id + this.#offset : id;
  }

  #add(id: RequestId, place: Place): void {
    this.#waiting.set(id, place);
    if (place === 'post') return;
    this.#standing += 1;
    if (this.#standing === 1) this.#onQuiet(false);
  }

  #removeUnheard(id: RequestId): void {
    const event = this.#unheard.get(id);
    if (event === undefined) return;
    this.#unheard.delete(id);
    this.#unheardBytes -= Buffer.byteLength(event.json);
  }

  #remove(id: RequestId): void {
    this.#removeUnheard(id);
    const place = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (place !== 'standing') return;
    this.#standing -= 1;
    if (this.#standing === 0) this.#onQuiet(true);
  }
}
