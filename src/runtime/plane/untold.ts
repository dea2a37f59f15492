import { LIMITS } from '../../limits.ts';
import type { PlaneEvent } from '../host.ts';

/** One thing waiting to be told on the session plane. */
export interface Untold {
  /** That of an append gets its number when that is in. */
  event: PlaneEvent;
  /** Wall time at which it happened. */
  readonly at: number;
  /** The change it tells of: it may be told once that is recorded. 0: it needs no commit, but keeps its place. */
  readonly mark: number;
}

/**
 * What a session has not told yet, in order. Changes are numbered as they are decided (`asked`), and told up to the
 * newest number a commit has carried (`recorded`): numbers, not counts, because a listener that is being told may cause
 * the next change, and even its commit, before the row is told to its end.
 */
export class UntoldRow {
  /** The number of the last change decided. */
  asked = 0;
  /** The number of the last change recorded. */
  recorded = 0;
  /** Listeners are being told: what they cause joins the row behind it. */
  telling = false;
  /** What was left out because too much had waited for too long already. */
  dropped = 0;
  #row: Untold[] = [];
  #head = 0;

  get size(): number {
    return this.#row.length - this.#head;
  }

  /**
   * Whether what happens now and is no change is left out. While a store fails or hangs, work goes on and would tell
   * without end; what only waits for a commit in flight is told soon, however much it is.
   */
  full(at: number): boolean {
    const first = this.#row[this.#head];
    if (first === undefined || this.size < LIMITS.untoldEvents) return false;
    // Wall time may have been set back meanwhile: nobody knows then how long it has waited.
    return Math.abs(at - first.at) >= LIMITS.untoldWaitMs;
  }

  /**
   * Puts an event in the row. `afterCommit`: it tells of a change that is to be recorded first. Returns its place;
   * `null` where it was left out.
   */
  add(event: PlaneEvent, at: number, afterCommit: boolean): Untold | null {
    if (afterCommit) this.asked += 1;
    // Changes of state are never left out.
    else if (event.type !== 'session.state-changed' && this.full(at)) {
      this.dropped += 1;
      return null;
    }
    const untold: Untold = { event, at, mark: afterCommit ? this.asked : 0 };
    this.#row.push(untold);
    return untold;
  }

  /** Takes these out: what they tell of did not come to be. */
  remove(gone: ReadonlySet<Untold>): void {
    this.#row = this.#row.slice(this.#head).filter((one) => !gone.has(one));
    this.#head = 0;
  }

  /** Puts events before all others: they happened first, and may be told at once. */
  addFirst(events: readonly PlaneEvent[], at: number): void {
    const first = events.map((event) => ({ event, at, mark: 0 }));
    this.#row = [...first, ...this.#row.slice(this.#head)];
    this.#head = 0;
  }

  /** Takes the next event that may be told. */
  take(): Untold | null {
    const next = this.#row[this.#head];
    if (next === undefined || next.mark > this.recorded) return null;
    this.#head += 1;
    if (this.#head === this.#row.length) {
      this.#row = [];
      this.#head = 0;
    }
    return next;
  }

  /** Forgets everything: another owner tells what becomes of the session. */
  clear(): void {
    this.#row = [];
    this.#head = 0;
  }
}
