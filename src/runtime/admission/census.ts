import type { Principal } from '../../identity/principal.ts';
import type { Store } from '../../store/contract.ts';

/** What is known of one principal: a number, or that it is being asked for. */
interface Known {
  count: number;
  asking: Promise<void> | null;
  /** One of its sessions ended while it was asked for: nobody knows whether that one was counted. */
  unsure: boolean;
}

/**
 * How many sessions have not ended, in memory or stored, of everybody and of each principal: what the limits of a durable
 * store are held against, in the moment a session is let in. The store is asked once, then it is counted along.
 */
export class Census {
  readonly #store: Store;
  readonly #ofPrincipal = new Map<string, Known>();
  /** By principal: how many ends are being written, and who is to be told when none is. */
  readonly #leaving = new Map<string, { writes: number; readonly heard: (() => void)[] }>();
  #total = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** All that have not ended. */
  get total(): number {
    return this.#total;
  }

  /** Those of one principal. Ask `learn` first. */
  of(principal: Principal): number {
    return principal === null ? 0 : (this.#ofPrincipal.get(principal)?.count ?? 0);
  }

  /** So many there are at the start. */
  know(total: number): void {
    this.#total = total;
  }

  /** Makes sure that this principal's number is known; `null`: it is. Rejects with what the store fails with. */
  learn(principal: Principal): Promise<void> | null {
    if (principal === null) return null;
    const known = this.#ofPrincipal.get(principal);
    if (known !== undefined) return known.asking;
    const entry: Known = { count: 0, asking: null, unsure: false };
    this.#ofPrincipal.set(principal, entry);
    const asking = this.#ask(principal, entry);
    entry.asking = asking;
    return asking;
  }

  async #ask(principal: string, entry: Known): Promise<void> {
    try {
      do {
        if (this.#leaving.has(principal)) await this.#allHeard(principal);
        entry.unsure = false;
        entry.count = await this.#store.count({ principal });
      } while (entry.unsure || this.#leaving.has(principal));
    } catch (error) {
      this.#ofPrincipal.delete(principal);
      throw error;
    }
    entry.asking = null;
  }

  /**
   * The end of one is being written: a count that is answered meanwhile may know of it or not. Returns what to call once
   * the answer was heard, and `remove` was called where it has ended; twice is once.
   */
  leaving(principal: Principal): () => void {
    if (principal === null) return () => undefined;
    const known = this.#leaving.get(principal);
    const entry = known ?? { writes: 0, heard: [] };
    if (known === undefined) this.#leaving.set(principal, entry);
    entry.writes += 1;
    let under = true;
    return () => {
      if (!under) return;
      under = false;
      entry.writes -= 1;
      if (entry.writes > 0) return;
      this.#leaving.delete(principal);
      for (const heard of entry.heard) heard();
    };
  }

  async #allHeard(principal: string): Promise<void> {
    for (;;) {
      const entry = this.#leaving.get(principal);
      if (entry === undefined) return;
      await new Promise<void>((resolve) => entry.heard.push(resolve));
    }
  }

  /** One is let in. */
  add(principal: Principal): void {
    this.#total += 1;
    const known = principal === null ? undefined : this.#ofPrincipal.get(principal);
    if (known !== undefined) known.count += 1;
  }

  /** One was not let in: a principal without a session is not remembered. */
  refused(principal: Principal): void {
    if (principal === null) return;
    const known = this.#ofPrincipal.get(principal);
    if (known !== undefined && known.asking === null && known.count <= 0) {
      this.#ofPrincipal.delete(principal);
    }
  }

  /** One has ended, or was never recorded. */
  remove(principal: Principal): void {
    this.#total -= 1;
    if (principal === null) return;
    const known = this.#ofPrincipal.get(principal);
    if (known === undefined) return;
    if (known.asking !== null) {
      known.unsure = true;
      return;
    }
    known.count -= 1;
    if (known.count <= 0) this.#ofPrincipal.delete(principal);
  }
}
