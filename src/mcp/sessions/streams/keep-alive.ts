import type { Sink } from '../../../http/written-response.ts';
import { LIMITS } from '../../../limits.ts';
import { KEEP_ALIVE_TEXT } from './event-stream.ts';
import type { DelayLine, Tick } from './tick.ts';

/**
 * Keeps one open stream from being silent for more than `LIMITS.keepAliveMs`. It is looked at twice in that time, and
 * given a comment where nothing was written since the last look: so a write costs a bit, and no place in a queue.
 */
export class KeepAlive {
  readonly #line: DelayLine<KeepAlive>;
  #sink: Sink | null = null;
  #isQuiet = false;

  constructor(line: DelayLine<KeepAlive>) {
    this.#line = line;
  }

  /** Its response goes out. */
  begin(sink: Sink): void {
    this.#sink = sink;
    this.#isQuiet = false;
    this.#line.push(this);
  }

  /** Something was written. */
  wrote(): void {
    this.#isQuiet = false;
  }

  /** Nothing is written any more. */
  end(): void {
    this.#sink = null;
    this.#line.delete(this);
  }

  /** For the line: it is looked at. */
  look(): void {
    if (this.#sink === null) return;
    if (this.#isQuiet) this.#sink.write(KEEP_ALIVE_TEXT);
    // What is written now counts until the look after the next.
    this.#isQuiet = !this.#isQuiet;
    this.#line.push(this);
  }
}

/** The line on which the open streams of an endpoint wait for their keep-alive. */
export const keepAlives = (tick: Tick): DelayLine<KeepAlive> =>
  tick.line<KeepAlive>(LIMITS.keepAliveMs / 2, (one) => one.look());
