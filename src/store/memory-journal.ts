import type { JournalEntry } from './contract.ts';

/** Below this many trimmed places an array is not worth compacting. */
const COMPACT_FROM = 64;

/** Stands where a trimmed entry was, so that its data is let go before the array is compacted. */
const TRIMMED: JournalEntry = Object.freeze({ seq: 0, epoch: 0, data: null });

/**
 * One journal, in memory: entries numbered without a hole, of which the oldest may have been trimmed. For the entries
 * it takes, gives or drops, everything is O(1) each (amortised); none looks at the others.
 */
export class MemoryJournal {
  #entries: JournalEntry[] = [];
  /** The number of the entry at index 0. */
  #base = 1;
  /** How many places at the front are trimmed. */
  #trimmed = 0;

  /** Places held, the trimmed ones included: at most twice the entries kept, and 64. */
  get held(): number {
    return this.#entries.length;
  }

  /** One of its own with the same entries. O(entries held). */
  copy(): MemoryJournal {
    const copy = new MemoryJournal();
    copy.#entries = [...this.#entries];
    copy.#base = this.#base;
    copy.#trimmed = this.#trimmed;
    return copy;
  }

  /** Adds an entry, whose number is the next one. */
  push(entry: JournalEntry): void {
    this.#entries.push(entry);
  }

  /** Drops the entries with a lower number; the next entry's number stays what it would have been. */
  trimBefore(seq: number): void {
    const upTo = Math.min(seq - this.#base, this.#entries.length);
    if (upTo <= this.#trimmed) return;
    this.#entries.fill(TRIMMED, this.#trimmed, upTo);
    this.#trimmed = upTo;
    if (upTo < COMPACT_FROM || upTo * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(upTo);
    this.#base += upTo;
    this.#trimmed = 0;
  }

  /** Entries with `seq > after`, oldest first, at most `limit`. */
  read(after: number, limit: number): JournalEntry[] {
    const from = Math.max(this.#trimmed, after + 1 - this.#base);
    return this.#entries.slice(from, from + limit);
  }
}
