import { LIMITS } from '../../limits.ts';
import { isObject, type JsonRpcMessage } from './json-rpc.ts';

/** A wish of the client, as a request of it says. */
export type Wish =
  | { readonly kind: 'level'; readonly level: string }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly uri: string };

/** The wish a request expresses; `null`: none that lasts. */
export const wishOf = ({ method, params }: JsonRpcMessage): Wish | null => {
  if (!isObject(params)) return null;
  const { level, uri } = params;
  if (method === 'logging/setLevel')
    return typeof level === 'string' ? { kind: 'level', level } : null;
  if (typeof uri !== 'string') return null;
  if (method === 'resources/subscribe') return { kind: 'subscribe', uri };
  return method === 'resources/unsubscribe' ? { kind: 'unsubscribe', uri } : null;
};

const bytesOf = (uri: string): number => Buffer.byteLength(JSON.stringify(uri)) + 1;

/**
 * What a client has set in its server, to be set again in the one after it: the log level, and the resources it subscribed
 * to. Kept are the newest `LIMITS.keptSubscriptions` of these, as far as they have room in `LIMITS.keptSubscriptionsBytes`
 * of JSON; the oldest make way, and are forgotten only once the server is made again.
 */
export class Wishes {
  #level: string | null = null;
  /** Oldest first, with its bytes as JSON. */
  readonly #subscriptions = new Map<string, number>();
  #bytes = 0;

  /** The log level; `null`: the client has set none. */
  get level(): string | null {
    return this.#level;
  }

  /** Oldest first. */
  get subscriptions(): readonly string[] {
    return [...this.#subscriptions.keys()];
  }

  /** Takes a wish on. Returns whether that changed anything. */
  take(wish: Wish): boolean {
    switch (wish.kind) {
      case 'level': {
        const changed = this.#level !== wish.level;
        this.#level = wish.level;
        return changed;
      }
      case 'subscribe':
        return this.#add(wish.uri);
      case 'unsubscribe':
        return this.#remove(wish.uri);
    }
  }

  /** As it is kept; `{}`: nothing is. */
  toJSON(): { readonly level?: string; readonly subscriptions?: readonly string[] } {
    return {
      ...(this.#level === null ? {} : { level: this.#level }),
      ...(this.#subscriptions.size === 0 ? {} : { subscriptions: this.subscriptions }),
    };
  }

  /** What was kept; it comes from a store, and what is no such thing is left out. */
  static of(kept: unknown): Wishes {
    const wishes = new Wishes();
    if (!isObject(kept)) return wishes;
    const { level, subscriptions } = kept;
    if (typeof level === 'string') wishes.#level = level;
    for (const uri of Array.isArray(subscriptions) ? subscriptions : []) {
      if (typeof uri === 'string') wishes.#add(uri);
    }
    return wishes;
  }

  #add(uri: string): boolean {
    const bytes = bytesOf(uri);
    if (bytes > LIMITS.keptSubscriptionsBytes) return false;
    const isNew = !this.#remove(uri);
    this.#subscriptions.set(uri, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#subscriptions.keys()) {
      const tooMany = this.#subscriptions.size > LIMITS.keptSubscriptions;
      if (!tooMany && this.#bytes <= LIMITS.keptSubscriptionsBytes) break;
      this.#remove(oldest);
    }
    return isNew;
  }

  #remove(uri: string): boolean {
    const bytes = this.#subscriptions.get(uri);
    if (bytes === undefined) return false;
    this.#bytes -= bytes;
    return this.#subscriptions.delete(uri);
  }
}
