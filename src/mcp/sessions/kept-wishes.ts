import type { FrontEndNotes } from '../../runtime/front-end/front-end.ts';
import { isId, isObject, type JsonObject, type JsonRpcMessage } from './json-rpc.ts';
import type { RequestId } from './transport.ts';
import { type Wish, Wishes, wishOf } from './wishes.ts';

/**
 * What the client of one session wishes of its server: under way, and kept with the session once it is granted. Read anew
 * each time, because another endpoint over the same runtime may have kept something since.
 */
export class KeptWishes {
  readonly #notes: FrontEndNotes;
  /** Requests that express one, until they are answered. */
  readonly #asked = new Map<RequestId, Wish>();

  constructor(notes: FrontEndNotes) {
    this.#notes = notes;
  }

  /** Those that are kept. */
  get granted(): Wishes {
    return Wishes.of(this.#notes.value);
  }

  /** A request the server is given: it may express one. */
  note(message: JsonRpcMessage): void {
    const wish = wishOf(message);
    if (wish !== null && isId(message['id'])) this.#asked.set(message['id'], wish);
  }

  /** What this request wishes; `undefined`: nothing. */
  of(id: RequestId): Wish | undefined {
    return this.#asked.get(id);
  }

  /** That request is answered. */
  forget(id: RequestId): void {
    this.#asked.delete(id);
  }

  /** Keeps one that is granted. Resolves once that is recorded; rejects like `FrontEndNotes.set`. */
  async keep(wish: Wish): Promise<void> {
    const wishes = this.granted;
    if (wishes.take(wish)) await this.#notes.set(this.#with(wishes));
  }

  /** What is to be kept with the streams, in place of those that are; `null`: nothing. */
  beside(streams: unknown): unknown {
    const { streams: _old, ...others } = this.#with(this.granted);
    const kept = streams === null || streams === undefined ? others : { ...others, streams };
    return Object.keys(kept).length === 0 ? null : kept;
  }

  #with(wishes: Wishes): JsonObject {
    const { value } = this.#notes;
    const {
      level: _level,
      subscriptions: _subscriptions,
      ...others
    } = isObject(value) ? value : {};
    return { ...others, ...wishes.toJSON() };
  }
}
