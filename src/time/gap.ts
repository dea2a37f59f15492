import { LIMITS } from '../limits.ts';

/**
 * What kind of hole in time was found: `stall`, the event loop was held up; `wall-ahead`, the machine slept
 * or its wall clock was put forward (the two cannot be told apart); `wall-behind`, it was put back; `downtime`, no
 * process was there (told once, at a start over a durable store).
 */
export type GapKind = 'stall' | 'wall-ahead' | 'wall-behind' | 'downtime';

/** A hole in time and how much of it was missing, ms, always positive. */
export interface TimeGap {
  readonly kind: GapKind;
  readonly gapMs: number;
  /** Whether the wall clock moved against the monotonic axis, also where a longer stall is what is told. */
  readonly stepped: boolean;
}

/**
 * Finds holes in time by looking at both axes at each tick. A server's own silence must not count against a
 * client, so whoever judges silence asks `endOfLastGap` first.
 *
 * A slow drift between the axes (a clock being slewed) is no gap: only what happened since the last look counts.
 */
export class GapWatch {
  readonly #gapMs: number;
  #last: { readonly mono: number; readonly wall: number } | null = null;
  #endOfLastGap = Number.NEGATIVE_INFINITY;

  /** @param gapMs a difference up to this, ms, is no gap. */
  constructor(gapMs: number = LIMITS.gapMs) {
    this.#gapMs = gapMs;
  }

  /** When the last gap was over, monotonic ms; `-Infinity` while there was none. */
  get endOfLastGap(): number {
    return this.#endOfLastGap;
  }

  /** Notes a gap known from elsewhere, such as the downtime before a start, that ended at `mono`. */
  mark(mono: number): void {
    this.#endOfLastGap = Math.max(this.#endOfLastGap, mono);
  }

  /**
   * Looks at the time of one tick. The first call has nothing to compare the wall clock with: call it once at
   * the start, with `expectedMono` = `mono`, or a step before the first tick stays unseen.
   * @param mono what the monotonic axis says, ms.
   * @param wall what the wall clock says, ms since the epoch.
   * @param expectedMono when this tick was to happen, monotonic ms.
   * @returns the gap that ended now, the larger one where a stall and a step fall together; else `null`.
   */
  observe(mono: number, wall: number, expectedMono: number): TimeGap | null {
    const lateMs = mono - expectedMono;
    const last = this.#last;
    const stepMs = last === null ? 0 : wall - last.wall - (mono - last.mono);
    this.#last = { mono, wall };

    const gapMs = Math.max(lateMs, Math.abs(stepMs));
    if (!(gapMs > this.#gapMs)) return null;
    this.mark(mono);
    const stepped = Math.abs(stepMs) > this.#gapMs;
    if (lateMs === gapMs) return { kind: 'stall', gapMs, stepped };
    return { kind: stepMs > 0 ? 'wall-ahead' : 'wall-behind', gapMs, stepped };
  }
}
