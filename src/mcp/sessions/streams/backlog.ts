import type { Sink } from '../../../http/written-response.ts';
import { LIMITS } from '../../../limits.ts';

/**
 * What was written that the client has not taken: bounded by `LIMITS.streamBytes`, and in events by `LIMITS.unreadEvents`,
 * because each costs more than its bytes. Without a sink all of it counts, and as many events as a ring keeps: nobody
 * takes it.
 */
export class Backlog {
  /** Where each event that is not taken ends, counted in bytes from the first. */
  readonly #ends: number[] = [];
  #written = 0;
  #takenBefore = Number.NaN;
  #onRead: (() => void) | null = null;

  /** Notes a text that was written, or that waits for a sink. */
  add(text: string): void {
    this.#written += Buffer.byteLength(text);
    this.#ends.push(this.#written);
    // More than that is no more than too many.
    if (this.#ends.length > LIMITS.unreadEvents) this.#ends.shift();
  }

  /** Whether the client has read enough to be sent more. */
  hasRoom(sink: Sink | null): boolean {
    if (sink === null) {
      return this.#written < LIMITS.streamBytes && this.#ends.length < LIMITS.streamEvents;
    }
    const { unreadBytes } = sink;
    const taken = this.#written - unreadBytes;
    const first = this.#ends.findIndex((end) => end > taken);
    this.#ends.splice(0, first < 0 ? this.#ends.length : first);
    return unreadBytes < LIMITS.streamBytes && this.#ends.length < LIMITS.unreadEvents;
  }

  /** Whether the client has taken nothing at all since this was asked last. */
  isStuck(sink: Sink): boolean {
    const taken = this.#written - sink.unreadBytes;
    const isStuck = taken === this.#takenBefore;
    this.#takenBefore = taken;
    return isStuck;
  }

  /** Calls back when the client has taken all of it, or there is a sink at last. See `Sink.whenRead`. */
  whenRead(sink: Sink | null, callback: () => void): void {
    if (sink === null) this.#onRead = callback;
    else sink.whenRead(callback);
  }

  /** There is a sink. */
  begun(): void {
    const onRead = this.#onRead;
    this.#onRead = null;
    onRead?.();
  }
}
