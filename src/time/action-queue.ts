/** What the queue keeps on an action. The queue owns `slot`; the other two must not change while queued. */
export interface QueuedAction {
  /** When it is due, ms on whatever axis the caller uses. */
  due: number;
  /** Breaks ties: of two actions due at one time the lower runs first. */
  sequence: number;
  /** Its place in the heap, -1 while it is not queued. */
  slot: number;
}

/**
 * Pending actions, earliest first, in an indexed binary heap: each action knows its own place, so that taking
 * one out costs O(log n) and never a search. An action is in one queue at a time, once.
 */
export class ActionQueue<A extends QueuedAction> {
  readonly #heap: A[] = [];

  /** How many actions are queued. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest action, left where it is. */
  peek(): A | undefined {
    return this.#heap[0];
  }

  /** All of them, in no order. O(n). */
  list(): readonly A[] {
    return [...this.#heap];
  }

  /** Adds an action whose `due` and `sequence` are set and which is not queued. */
  push(action: A): void {
    this.#heap.push(action);
    this.#rise(action, this.#heap.length - 1);
  }

  /** Takes the earliest action out. */
  pop(): A | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes an action out, wherever it stands. Without effect when it is not queued here. */
  remove(action: A): void {
    const slot = action.slot;
    if (this.#heap[slot] !== action) return;
    const last = this.#heap.pop();
    action.slot = -1;
    if (last === undefined || last === action) return;
    // The last one fills the hole; it may belong above or below it, and one of the two moves is idle.
    this.#sink(last, slot);
    this.#rise(last, last.slot);
  }

  #rise(action: A, from: number): void {
    let slot = from;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !isBefore(action, parent)) break;
      this.#put(parent, slot);
      slot = above;
    }
    this.#put(action, slot);
  }

  #sink(action: A, from: number): void {
    let slot = from;
    for (;;) {
      const left = this.#heap[2 * slot + 1];
      const right = this.#heap[2 * slot + 2];
      if (left === undefined) break;
      const rightIsFirst = right !== undefined && isBefore(right, left);
      const child = rightIsFirst ? right : left;
      if (!isBefore(child, action)) break;
      this.#put(child, slot);
      slot = 2 * slot + (rightIsFirst ? 2 : 1);
    }
    this.#put(action, slot);
  }

  #put(action: A, slot: number): void {
    this.#heap[slot] = action;
    action.slot = slot;
  }
}

const isBefore = (a: QueuedAction, b: QueuedAction): boolean =>
  a.due < b.due || (a.due === b.due && a.sequence < b.sequence);
