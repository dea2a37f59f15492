import { defer, repeat, type Subscription, timer } from 'rxjs';
import { InvalidOptionError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Clock } from './clock.ts';
import {
  frontOf,
  isEmpty,
  putInto,
  takeFirst,
  takeOut,
  type WheelBucket,
  type WheelEntry,
} from './wheel-entry.ts';

export { type WheelEntry, wheelEntry } from './wheel-entry.ts';

/** One tick of the wheel, as `onTick` sees it. */
export interface WheelTick {
  /** The monotonic axis at the tick, ms. */
  readonly mono: number;
  /** The wall clock at the tick, ms since the epoch. */
  readonly wall: number;
  /** How much later than planned the tick came, ms: it was expected at `mono - lateMs`. */
  readonly lateMs: number;
}

/** Options of `DeadlineWheel`. */
export interface WheelOptions<E extends WheelEntry> {
  readonly clock: Clock;
  /** How much later than asked an entry may be looked at, ms, more than 0. The wheel turns this often. */
  readonly tickMs: number;
  /**
   * How many entries are looked at before I/O is let in again, at least 1. Default `LIMITS.wheelTurn`. A turn that has
   * taken `LIMITS.wheelTurnMs` ends earlier.
   */
  readonly turn?: number;
  /**
   * Looks at an entry that fell due (or any, after `reviewAll`) and returns when to look again, monotonic ms;
   * `Infinity` drops it. The entry is out of the wheel during its look. If it is filed or removed by its own
   * look, that stands and the returned value is not used. If the look throws, the entry is looked at again one
   * tick later.
   * @param nowMono the time of this turn, the same for up to `turn` entries.
   */
  readonly look: (entry: E, nowMono: number) => number;
  /** Called at each tick before anything is looked at, also at a late tick. May call `reviewAll`. */
  readonly onTick?: (tick: WheelTick) => void;
  /** Told what `look` and `onTick` threw. Must not throw. */
  readonly onError: (error: unknown) => void;
}

/**
 * One coarse timing wheel for all sessions, driven by one timer. Filing, re-filing and removing cost the same
 * with a thousand entries and with a million, so a session needs no timer of its own.
 *
 * An entry filed for `t` is looked at no earlier than `t` and, while the event loop runs, no later than `t`
 * plus one tick (counted from the call where `t` was over already). Entries of one tick are looked at in the
 * order of filing, except that a removal moves the last one into the gap.
 */
export class DeadlineWheel<E extends WheelEntry> {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #turnSize: number;
  readonly #look: WheelOptions<E>['look'];
  readonly #onTick: WheelOptions<E>['onTick'];
  readonly #onError: WheelOptions<E>['onError'];

  /** Tick `k` stands at `#origin + k * tickMs`: computed from the start each time, so nothing drifts. */
  readonly #origin: number;
  /** The buckets still to come, by the number of their tick. */
  readonly #buckets = new Map<number, WheelBucket<E>>();
  /** Buckets that fell due, and buckets under review. Both are stacks: the next one is the last. */
  #due: WheelBucket<E>[] = [];
  #review: WheelBucket<E>[] = [];
  /** All buckets up to this tick have been taken from the map. */
  #collected = 0;
  /** The tick that the timer is set for. */
  #expected = 0;
  /** The last tick came late and nothing was looked at. */
  #holding = false;
  /** The entry being looked at, until it is filed or removed. */
  #looking: WheelEntry | null = null;
  #size = 0;
  #timer: Subscription | null = null;
  /** The next turn of the line, scheduled. */
  #nextTurn: Subscription | null = null;

  /** @throws InvalidOptionError for an option that is not allowed. */
  constructor(options: WheelOptions<E>) {
    const { clock, tickMs, turn = LIMITS.wheelTurn } = options;
    if (!(tickMs > 0 && Number.isFinite(tickMs)))
      throw new InvalidOptionError('tickMs', tickMs, 'a finite number of ms above 0');
    if (!(turn >= 1)) throw new InvalidOptionError('turn', turn, 'at least 1');
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#turnSize = turn;
    this.#look = options.look;
    this.#onTick = options.onTick;
    this.#onError = options.onError;
    this.#origin = clock.mono();
  }

  /** How many entries are filed. */
  get size(): number {
    return this.#size;
  }

  /** Starts turning. What fell due before is looked at on the first tick. Without effect while it turns. */
  start(): void {
    if (this.#timer !== null) return;
    this.#expected = this.#tickAt(this.#clock.mono()) + 1;
    this.#holding = false;
    this.#timer = defer(() =>
      timer(
        Math.max(0, this.#boundary(this.#expected) - this.#clock.mono()),
        this.#clock.scheduler,
      ),
    )
      .pipe(repeat())
      .subscribe(() => this.#tick());
  }

  /** Stops turning, at once, also from inside a look. All entries stay filed. */
  stop(): void {
    this.#timer?.unsubscribe();
    this.#timer = null;
    this.#cancelNextTurn();
  }

  /**
   * Files an entry, or moves a filed one, to be looked at from `atMono` on. `Infinity` removes it.
   * @throws InvalidOptionError when `atMono` is NaN: the entry would never be looked at.
   */
  file(entry: E, atMono: number): void {
    if (Number.isNaN(atMono))
      throw new InvalidOptionError('atMono', atMono, 'a monotonic time in ms, or Infinity');
    if (atMono === Number.POSITIVE_INFINITY) {
      this.remove(entry);
      return;
    }
    if (entry === this.#looking) this.#looking = null;
    const tick = Math.max(this.#tickFrom(atMono), this.#collected + 1);
    if (entry.bucket?.tick === tick) return;
    this.#unfile(entry);
    let bucket = this.#buckets.get(tick);
    if (bucket === undefined) {
      bucket = { tick, head: 0, entries: [] };
      this.#buckets.set(tick, bucket);
    }
    putInto(bucket, entry);
    this.#size += 1;
  }

  /** Takes an entry out: it is not looked at again. Without effect when it is not filed. */
  remove(entry: E): void {
    if (entry === this.#looking) this.#looking = null;
    this.#unfile(entry);
  }

  /** When a filed entry is looked at, mono ms: now, where it stands in line. `null`: it is not filed. */
  filedFor(entry: E): number | null {
    if (entry.bucket === null) return null;
    const { tick } = entry.bucket;
    return tick === null ? this.#clock.mono() : this.#boundary(tick);
  }

  /**
   * Has every entry looked at soon, whenever it was filed for, paced like all looks: what fell due goes first,
   * then the rest in the order of its ticks. For when the numbers behind the deadlines changed meaning, such as
   * after a step of the wall clock. An entry that is filed anew before its turn waits for its new time.
   */
  reviewAll(): void {
    const buckets = this.#takeBuckets([...this.#buckets.keys()]);
    this.#review = buckets.concat(this.#review);
    if (!this.#holding) this.#goOn();
  }

  #tick(): void {
    const mono = this.#clock.mono();
    const tick = this.#tickAt(mono);
    // A timer may be early by a rounding error; it is then set again for the rest.
    if (tick < this.#expected) return;
    const lateMs = mono - this.#boundary(this.#expected);
    this.#expected = tick + 1;

    // The loop was held up, and timers come before sockets in its first turn: the beats and calls that clients
    // sent in time are still unread in the kernel. Judging now would end sessions for the server's own silence,
    // so what queued up is heard first and everything waits one tick. Only one, though: under a lasting load
    // every tick is late, and deadlines must be kept all the same.
    this.#holding = lateMs > this.#tickMs && !this.#holding;
    if (this.#holding) this.#cancelNextTurn();

    try {
      this.#onTick?.({ mono, wall: this.#clock.wall(), lateMs });
    } catch (error) {
      this.#onError(error);
    }
    if (this.#holding) return;
    this.#collect(tick);
    if (this.#nextTurn === null) this.#turn();
  }

  /** Looks at the next entries in line, and leaves the rest to an action of its own, so that I/O gets in. */
  #turn(): void {
    const nowMono = this.#clock.mono();
    for (let left = this.#turnSize; left > 0 && this.#timer !== null; left -= 1) {
      // Looks that begin something can be dear: then a turn of so many would hold the loop.
      if (this.#clock.mono() - nowMono >= LIMITS.wheelTurnMs) break;
      const bucket = this.#front();
      const entry = bucket && takeFirst(bucket);
      if (entry === undefined) return;
      this.#size -= 1;
      this.#lookAt(entry, nowMono);
    }
    if (this.#front() !== undefined) this.#goOn();
  }

  #lookAt(entry: E, nowMono: number): void {
    this.#looking = entry;
    try {
      const nextMono = this.#look(entry, nowMono);
      // Filing it ends its look.
      if (this.#looking === entry) this.file(entry, nextMono);
    } catch (error) {
      if (this.#looking === entry) this.file(entry, nowMono);
      this.#onError(error);
    }
  }

  #goOn(): void {
    if (this.#nextTurn !== null || this.#timer === null) return;
    const sinceMono = this.#clock.mono();
    this.#nextTurn = this.#clock.scheduler.schedule(() => {
      this.#nextTurn = null;
      // Held up between two turns: the rule for a late tick holds here too, and the next tick goes on.
      if (this.#clock.mono() - sinceMono <= this.#tickMs) this.#turn();
    });
  }

  #cancelNextTurn(): void {
    this.#nextTurn?.unsubscribe();
    this.#nextTurn = null;
  }

  /** Puts all buckets up to a tick in line. After a long hole it walks the buckets, not the missed ticks. */
  #collect(upTo: number): void {
    const ticks: number[] = [];
    if (upTo - this.#collected <= this.#buckets.size) {
      for (let tick = this.#collected + 1; tick <= upTo; tick += 1) ticks.push(tick);
    } else {
      for (const tick of this.#buckets.keys()) if (tick <= upTo) ticks.push(tick);
    }
    this.#collected = upTo;
    const buckets = this.#takeBuckets(ticks);
    if (buckets.length > 0) this.#due = buckets.concat(this.#due);
  }

  /** Takes buckets out of the map, the latest first, as the stacks want them. */
  #takeBuckets(ticks: number[]): WheelBucket<E>[] {
    const taken: WheelBucket<E>[] = [];
    for (const tick of ticks.sort((a, b) => b - a)) {
      const bucket = this.#buckets.get(tick);
      if (bucket === undefined) continue;
      this.#buckets.delete(tick);
      bucket.tick = null;
      taken.push(bucket);
    }
    return taken;
  }

  #front(): WheelBucket<E> | undefined {
    return frontOf(this.#due) ?? frontOf(this.#review);
  }

  #unfile(entry: E): void {
    const bucket = entry.bucket;
    if (bucket === null) return;
    takeOut(bucket, entry);
    this.#size -= 1;
    // An empty bucket would stay in the map until its tick, which may be days away.
    if (bucket.tick !== null && isEmpty(bucket)) this.#buckets.delete(bucket.tick);
  }

  #boundary(tick: number): number {
    return this.#origin + tick * this.#tickMs;
  }

  /** The last tick at or before a time. */
  #tickAt(mono: number): number {
    const tick = Math.floor((mono - this.#origin) / this.#tickMs);
    if (this.#boundary(tick) > mono) return tick - 1;
    return this.#boundary(tick + 1) <= mono ? tick + 1 : tick;
  }

  /** The first tick at or after a time. */
  #tickFrom(mono: number): number {
    const tick = this.#tickAt(mono);
    return this.#boundary(tick) < mono ? tick + 1 : tick;
  }
}
