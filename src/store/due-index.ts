import { byCodePoint } from './code-point-order.ts';

/** When something is due: what the index orders. */
export interface DueEntry {
  /** Wall time, ms since the epoch. */
  readonly at: number;
  readonly id: string;
}

/** Below this many entries a heap is not worth compacting. */
const COMPACT_FROM = 64;

const dueEarlier = (a: DueEntry, b: DueEntry): boolean =>
  a.at < b.at || (a.at === b.at && byCodePoint(a.id, b.id) < 0);

/**
 * Which ids are due by when: a binary heap whose outdated entries are dropped when they surface, or all at
 * once when they outnumber the live ones. For n ids: `set` is O(log n) amortised, `upTo` is O(k log n) for
 * the k it returns and O(1) when nothing is due.
 */
export class DueIndex {
  #heap: DueEntry[] = [];
  readonly #live = new Map<string, DueEntry>();
  readonly #earlier: (a: DueEntry, b: DueEntry) => boolean;

  /** `earlier` is the order, for a test that counts comparisons; default: by time, then by id. */
  constructor(earlier: (a: DueEntry, b: DueEntry) => boolean = dueEarlier) {
    this.#earlier = earlier;
  }

  /** Entries held, the outdated ones included: at most twice the live ones, and 64. */
  get size(): number {
    return this.#heap.length;
  }

  /** Files `id` under wall time `at`, in place of where it was; `null` takes it out. */
  set(id: string, at: number | null): void {
    if (at === null) this.#live.delete(id);
    else if (this.#live.get(id)?.at !== at) {
      const entry = { at, id };
      this.#live.set(id, entry);
      this.#push(entry);
    }
    if (this.#heap.length > 2 * this.#live.size + COMPACT_FROM) this.#compact();
  }

  /**
   * The ids due at or before `at`, the longest due first and ties by id, at most `limit`; with `after`, only those behind
   * that place, at the cost of going through those before it.
   */
  upTo(at: number, limit: number, after: DueEntry | null = null): string[] {
    const due: DueEntry[] = [];
    const passed: DueEntry[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.at <= at; top = this.#heap[0]) {
      const live = this.#live.get(top.id) === top;
      if (live && due.length >= limit) break;
      this.#pop();
      if (!live) continue;
      const behind = after === null || this.#earlier(after, top);
      (behind ? due : passed).push(top);
    }
    for (const entry of passed) this.#push(entry);
    for (const entry of due) this.#push(entry);
    return due.map((entry) => entry.id);
  }

  #push(entry: DueEntry): void {
    this.#heap.push(entry);
    let hole = this.#heap.length - 1;
    while (hole > 0) {
      const above = (hole - 1) >>> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !this.#earlier(entry, parent)) break;
      this.#heap[hole] = parent;
      hole = above;
    }
    this.#heap[hole] = entry;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(0, last);
  }

  /** Puts `entry` where the hole is, or below it. */
  #sink(from: number, entry: DueEntry): void {
    let hole = from;
    for (;;) {
      let below = 2 * hole + 1;
      let child = this.#heap[below];
      if (child === undefined) break;
      const right = this.#heap[below + 1];
      if (right !== undefined && this.#earlier(right, child)) {
        below += 1;
        child = right;
      }
      if (!this.#earlier(child, entry)) break;
      this.#heap[hole] = child;
      hole = below;
    }
    this.#heap[hole] = entry;
  }

  #compact(): void {
    this.#heap = [...this.#live.values()];
    for (let i = (this.#heap.length >>> 1) - 1; i >= 0; i--) {
      const entry = this.#heap[i];
      if (entry !== undefined) this.#sink(i, entry);
    }
  }
}
