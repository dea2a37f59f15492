import { LIMITS } from '../../../limits.ts';
import type { MessageStream } from './message-stream.ts';
import type { DelayLine, Tick } from './tick.ts';

/** Whose streams they are. */
interface Owner {
  /** It is to be forgotten. */
  forget(stream: MessageStream): void;
}

/** What a stream that has ended costs beside its messages, about, bytes: many with short ones are no less. */
const STREAM_COST_BYTES = 1_024;

/** What a stream that has ended holds, bytes. Constant: nothing comes any more. */
export const costOf = ({ ring }: MessageStream): number => STREAM_COST_BYTES + (ring?.bytes ?? 0);

/**
 * The streams of POSTs that have ended and can be resumed, of all sessions of one endpoint in memory: together at most
 * `LIMITS.endedStreamsBytes`, where the oldest makes way, and each for `LIMITS.endedStreamMs`. Whoever lost a stream comes
 * again within seconds, and what is not lost is held in vain.
 */
export class EndedStreams {
  /** Oldest first. */
  readonly #owners = new Map<MessageStream, Owner>();
  readonly #line: DelayLine<MessageStream>;
  #bytes = 0;

  constructor(tick: Tick) {
    this.#line = tick.line<MessageStream>(LIMITS.endedStreamMs, (stream) => this.#forget(stream));
  }

  /** What they hold, bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One has ended. `owner.forget` is called when it is its turn, unless it is taken out before. */
  add(stream: MessageStream, owner: Owner): void {
    this.#owners.set(stream, owner);
    this.#bytes += costOf(stream);
    this.#line.push(stream);
    for (const oldest of this.#owners.keys()) {
      if (this.#bytes <= LIMITS.endedStreamsBytes) break;
      this.#forget(oldest);
    }
  }

  /** Its owner has forgotten it. Twice is once. */
  delete(stream: MessageStream): void {
    if (!this.#owners.delete(stream)) return;
    this.#bytes -= costOf(stream);
    this.#line.delete(stream);
  }

  #forget(stream: MessageStream): void {
    const owner = this.#owners.get(stream);
    this.delete(stream);
    owner?.forget(stream);
  }
}
