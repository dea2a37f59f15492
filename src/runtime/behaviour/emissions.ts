import type { SessionHost } from '../host.ts';
import { release, tell } from '../plane/plane.ts';
import type { Untold } from '../plane/untold.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * What a behaviour emitted and a commit has not carried yet. It is told with the commit that carries the snapshot it
 * belongs to; where the incarnation failed before that, it never was: the next one starts before it, and may emit it
 * again.
 */
export class Emissions {
  readonly #context: RuntimeContext;
  readonly #host: SessionHost;
  /** Emitted in the transition in hand: its snapshot is not there yet. */
  #inHand: { readonly type: string }[] = [];
  /** In the row of what is to be told, since the last attempt began; in an attempt; in one of a failed incarnation. */
  #fresh: Untold[] = [];
  #carried: Untold[] = [];
  #lost: Untold[] = [];

  constructor(context: RuntimeContext, host: SessionHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Takes an event; whether it is the first in hand, so that somebody has to see to it. */
  add(event: { readonly type: string }): boolean {
    return this.#inHand.push(event) === 1;
  }

  /** The snapshot they belong to is there: they join the row. Whether there were any. */
  join(): boolean {
    const events = this.#inHand;
    if (events.length === 0) return false;
    this.#inHand = [];
    const { untold } = this.#host;
    for (const event of events) {
      if (untold.full(this.#context.clock.wall())) {
        untold.dropped += 1;
        continue;
      }
      const joined = tell(this.#context, this.#host, { type: 'session.emitted', event }, true);
      if (joined !== null) this.#fresh.push(joined);
    }
    return true;
  }

  /** An attempt begins: it carries what is in the row. */
  attemptBegins(): void {
    // One at a time: an attempt that carried these and had succeeded would have said so.
    this.#withdraw(this.#lost);
    this.#lost = [];
    if (this.#fresh.length === 0) return;
    this.#carried = [...this.#carried, ...this.#fresh];
    this.#fresh = [];
  }

  /** The attempt succeeded. */
  recorded(): void {
    this.#carried = [];
    this.#lost = [];
  }

  /** The incarnation failed. What an attempt carries is decided by that attempt. */
  failed(): void {
    this.#inHand = [];
    this.#lost = [...this.#lost, ...this.#carried];
    this.#carried = [];
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#withdraw(fresh);
  }

  #withdraw(gone: readonly Untold[]): void {
    if (gone.length === 0) return;
    this.#host.untold.remove(new Set(gone));
    // What stood behind them in the row may need no commit.
    release(this.#context, this.#host, 0);
  }
}
