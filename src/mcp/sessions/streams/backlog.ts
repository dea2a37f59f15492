import type { Sink } from '../../../http/written-response.ts';
import { LIMITS } from '../../../limits.ts';

/**
 * What was written that the client has not taken: bounded by `LIMITS.streamBytes`, and by `LIMITS.streamEvents`, because
 * each event costs more than its bytes. Without a sink all of it counts: nobody takes it.
 */
export class Backlog {
  /** Where each event that is not taken ends, counted in bytes from the first. */
  readonly #ends: number[] = [];
  #written = 0;

  /** Notes a text that was written, or that waits for a sink. */
  add(text: string): void {
    this.#written += Buffer.byteLength(text);
    this.#ends.push(this.#written);
    // More than that is no more than too many.
    if (this.#ends.length > LIMITS.streamEvents) this.#ends.shift();
  }

  /** Whether the client has read enough to be sent more. */
  hasRoom(sink: Sink | null): boolean {
    if (sink === null) return this.#written < LIMITS.streamBytes && this.#fits();
    const { unreadBytes } = sink;
    const taken = this.#written - unreadBytes;
    const first = this.#ends.findIndex((end) => end > taken);
    this.#ends.splice(0, first < 0 ? this.#ends.length : first);
    return unreadBytes < LIMITS.streamBytes && this.#fits();
  }

  #fits(): boolean {
    return this.#ends.length < LIMITS.streamEvents;
  }
}
