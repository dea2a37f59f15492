import { heard, type OnError } from '../../../errors/heard.ts';
import { LIMITS } from '../../../limits.ts';
import type { Clock } from '../../../time/clock.ts';

/** What waits for one constant time, in the order it came: a line needs no heap, and one of 10,000 costs what one of 10 does. */
export class DelayLine<T extends object> {
  /** How long each of them waits, ms. */
  readonly delayMs: number;
  /** When each is due, whole ms: small integers, which cost no memory of their own. A map keeps the order. */
  readonly #dues = new Map<T, number>();
  readonly #onDue: (item: T) => void;
  readonly #tick: Tick;

  /** Made by `Tick.line`. */
  constructor(delayMs: number, onDue: (item: T) => void, tick: Tick) {
    this.delayMs = delayMs;
    this.#onDue = onDue;
    this.#tick = tick;
  }

  /** How many wait. */
  get size(): number {
    return this.#dues.size;
  }

  /** It waits from now on; one that waits already waits anew. Falls due once; never, once the tick is stopped. */
  push(item: T): void {
    const due = this.#tick.comeIn(this.delayMs);
    if (due === null) return;
    this.#dues.delete(item);
    this.#dues.set(item, due);
  }

  /** It waits no more. Without effect where it does not. */
  delete(item: T): void {
    this.#dues.delete(item);
  }

  /** For `Tick`: has those that are due seen to, at most so many. Returns how many that were. */
  run(now: number, most: number): number {
    let ran = 0;
    for (const [item, due] of this.#dues) {
      if (due > now || ran === most) break;
      this.#dues.delete(item);
      ran += 1;
      try {
        this.#onDue(item);
      } catch (error) {
        this.#tick.failed(error);
      }
    }
    return ran;
  }

  /** For `Tick`: when the first of them is due; `null`: none waits. */
  nextDue(): number | null {
    for (const due of this.#dues.values()) return due;
    return null;
  }

  /** For `Tick`: nobody waits any more. */
  clear(): void {
    this.#dues.clear();
  }
}

/** What a tick needs of its lines, whatever waits there. */
type Line = Pick<DelayLine<object>, 'run' | 'nextDue' | 'clear'>;

/**
 * The one timer of an endpoint's streams. It is armed only while somebody waits on one of its lines (or has, a moment
 * ago), holds no process open, and lets I/O in after every `LIMITS.wheelTurn` that are due.
 */
export class Tick {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #lines: Line[] = [];
  #armed: { readonly due: number; unsubscribe(): void } | null = null;
  #stopped = false;

  /** @param onError told what `onDue` throws. Default: the first one is a warning of the process. */
  constructor(clock: Clock, onError: OnError = heard('The streams of an MCP endpoint', undefined)) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /**
   * A line on which each waits for `delayMs`, and is then given to `onDue`, up to `LIMITS.streamTickMs` late. Make one a
   * purpose, not one a stream.
   */
  line<T extends object>(delayMs: number, onDue: (item: T) => void): DelayLine<T> {
    const line = new DelayLine(delayMs, onDue, this);
    this.#lines.push(line);
    return line;
  }

  /** For its lines: comes in so long, and tells when that is, in whole ms of the clock; `null`: never, it is stopped. */
  comeIn(delayMs: number): number | null {
    if (this.#stopped) return null;
    const due = Math.ceil(this.#clock.mono() + delayMs);
    this.#arm(due);
    return due;
  }

  /** For its lines: what fails for one of them concerns no other. */
  failed(error: unknown): void {
    this.#onError(error);
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#stopped = true;
    for (const line of this.#lines) line.clear();
    this.#armed?.unsubscribe();
    this.#armed = null;
  }

  #arm(due: number): void {
    if (this.#stopped || (this.#armed !== null && this.#armed.due <= due)) return;
    this.#armed?.unsubscribe();
    const delayMs = Math.max(0, due - this.#clock.mono());
    const action = this.#clock.scheduler.schedule(() => this.#run(), delayMs);
    this.#armed = { due, unsubscribe: () => action.unsubscribe() };
  }

  #run(): void {
    this.#armed = null;
    const now = this.#clock.mono();
    let left: number = LIMITS.wheelTurn;
    for (const line of this.#lines) left -= line.run(now, left);
    this.#armNext(now);
  }

  /** Not at once for each that is due, but in steps: many that come apart fall due together. */
  #armNext(now: number): void {
    for (const line of this.#lines) {
      const due = line.nextDue();
      if (due === null) continue;
      // What was left over is late already: as soon as others have had their turn.
      this.#arm(due <= now ? now : Math.max(due, now + LIMITS.streamTickMs));
    }
  }
}
