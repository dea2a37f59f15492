/**
 * What is known of a session's client beside the session: its streams, and when it was last heard of. It is all that stays
 * of a stored session while a stream of its client is attached, or something was heard of it that no record has: there may
 * be ten thousand of them, so it is small, and leads to nothing else. While the session is known here, its host has it.
 */
export class Contact {
  /** The session's; changes when that is rotated. */
  id: string;
  readonly principal: string | null;
  /** Streams or sockets that are attached. */
  presences = 0;
  /** Those of them that keep it in memory. */
  residents = 0;
  /** The number of the last event told of the session. */
  seq = 0;
  /** Something came while it was stored which no record has: a sign of life, or an event that was told. */
  unrecorded = false;

  // Whole ms, and `null` for never: a fraction, or an infinity, is an object of its own.
  #lastSign: number | null = null;
  #provenAt: number | null = null;

  constructor(id: string, principal: string | null, mono: number) {
    this.id = id;
    this.principal = principal;
    this.lastSign = mono;
  }

  /** Mono time of the last sign of life, to the ms and never early; `-Infinity`: none is known of. */
  get lastSign(): number {
    return this.#lastSign ?? Number.NEGATIVE_INFINITY;
  }

  set lastSign(mono: number) {
    this.#lastSign = wholeMs(mono);
  }

  /** Mono time at which a presence last proved life, likewise. */
  get provenAt(): number {
    return this.#provenAt ?? Number.NEGATIVE_INFINITY;
  }

  set provenAt(mono: number) {
    this.#provenAt = wholeMs(mono);
  }
}

const wholeMs = (mono: number): number | null => (Number.isFinite(mono) ? Math.ceil(mono) : null);
