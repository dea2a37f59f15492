import { LIMITS } from './numbers.ts';
import type { Kept } from './truth.ts';

/** What is dropped beyond what is needed is at most so many entries. */
const SPARE = Math.floor(LIMITS.maxEntries / 8);

/** The number of the first entry that is kept, or, of an empty journal, would be. */
export const firstOf = ({ journal, record }: Kept): number =>
  journal[0]?.seq ?? record.journalSeq + 1;

/** Only the runtime writes entries: so what is in a journal is one of these. */
interface Entry {
  readonly kind: 'message' | 'operation';
  readonly content?: string;
  readonly operation?: string;
  readonly phase?: string;
}

/** What a session's journal must hold: by what was asked of it, and by what was written. */
export class JournalAccount {
  /** The first entry kept: it only ever rises. */
  first = 1;
  /** Entries that were ever recorded: messages by their content, operations by their id and phase. */
  readonly #recorded = new Set<string>();
  /** How often the start of each operation was recorded. */
  readonly #starts = new Map<string, number>();
  readonly #interruptions = new Map<string, number>();
  /** The last entry that was noted. */
  #seq = 0;
  /** Entries that were asked for: what is not answered, and what was refused since the last trim and the one before. */
  readonly #open = new Set<string>();
  #refused = new Set<string>();
  #refusedEarlier = new Set<string>();

  /** An entry is asked for, by its content, or the id of its operation: from here on there may be room made for it. */
  asks(name: string): void {
    this.#open.add(name);
  }

  /** An operation that was interrupted is to be done again: room may be made for its next start. */
  asksAgain(operation: string): void {
    this.asks(startNumbered(operation, this.#startsOf(operation) + 1));
  }

  answered(name: string): void {
    this.#open.delete(name);
  }

  /** It may not get in, though room may have been made for it. */
  refused(name: string): void {
    this.#open.delete(name);
    this.#refused.add(name);
  }

  /** The process that was asked is gone. */
  cutOff(): void {
    for (const name of [...this.#open]) this.refused(name);
  }

  /** Whether it was ever recorded, dropped since or not. */
  had(operation: string, phase: 'started' | 'finished' | 'interrupted'): boolean {
    return this.#recorded.has(`${operation} ${phase}`);
  }

  /** How often it was recorded that a process left it unfinished. */
  interruptions(operation: string): number {
    return this.#interruptions.get(operation) ?? 0;
  }

  /** Why it may not be as it is now, dropped entries and all. */
  faultsOf(after: Kept, mayDrop: boolean): string[] {
    const { record, journal } = after;
    const first = firstOf(after);
    const found: string[] = [];
    if (journal.length !== record.journalSeq - first + 1) found.push('has a hole in its journal');
    if (record.session.journal.first !== first) {
      found.push(`has the entries from ${first}, its record says ${record.session.journal.first}`);
    }
    if (first === this.first) return found;
    if (first < this.first) found.push(`keeps ${first}, which was dropped`);
    if (!mayDrop) found.push(`dropped ${this.first} to ${first - 1}, and may drop nothing`);
    for (const id of this.#unended(after)) found.push(`dropped the start of ${id}, which runs`);
    const unwritten = this.#unwritten(after);
    const [had, has] = [record.journalSeq - this.first + 1, record.journalSeq - first + 1];
    if (had + unwritten <= LIMITS.maxEntries) {
      found.push(`dropped ${this.first} to ${first - 1}, and there was room for ${unwritten} more`);
    }
    if (has + unwritten < LIMITS.maxEntries - SPARE) {
      found.push(`keeps ${has} of ${had} entries, to make room for ${unwritten}`);
    }
    return found;
  }

  /** Operations of which no end was recorded, and no start is there any more. */
  #unended({ journal }: Kept): string[] {
    const here = new Set(journal.flatMap(({ data }) => namesOf(data as Entry)));
    return [...this.#starts.keys()].filter((id) => {
      const ends = [`${id} finished`, `${id} interrupted`];
      const ended = ends.some((end) => this.#recorded.has(end) || here.has(end));
      return !ended && !here.has(`${id} started`);
    });
  }

  /** What room may have been made for, and is not in. */
  #unwritten(after: Kept): number {
    const here = new Set(this.#newNames(after));
    const asked = new Set([...this.#open, ...this.#refused, ...this.#refusedEarlier]);
    return [...asked].filter((name) => {
      const start = [name, `${name} started`];
      return !start.some((one) => here.has(one) || this.#recorded.has(one));
    }).length;
  }

  /** What the entries are known by that were not noted yet: a start also by how many its operation had. */
  #newNames({ journal }: Kept): string[] {
    const starts = new Map<string, number>();
    return journal
      .filter(({ seq }) => seq > this.#seq)
      .flatMap(({ data }) => {
        const entry = data as Entry;
        const { operation = '', phase } = entry;
        if (phase !== 'started') return namesOf(entry);
        const number = (starts.get(operation) ?? this.#startsOf(operation)) + 1;
        starts.set(operation, number);
        return [...namesOf(entry), startNumbered(operation, number)];
      });
  }

  #startsOf(operation: string): number {
    return this.#starts.get(operation) ?? 0;
  }

  /** Notes what is durable, after it was held against what must be true. */
  note(after: Kept): void {
    const first = firstOf(after);
    for (const name of this.#newNames(after)) this.#recorded.add(name);
    for (const { seq, data } of after.journal) {
      if (seq <= this.#seq) continue;
      const { operation = '', phase } = data as Entry;
      if (phase === 'started') this.#starts.set(operation, this.#startsOf(operation) + 1);
      if (phase === 'interrupted') {
        this.#interruptions.set(operation, this.interruptions(operation) + 1);
      }
    }
    this.#seq = after.record.journalSeq;
    if (first <= this.first) return;
    this.first = first;
    // One that was refused while this write was under way may be what the next one makes room for.
    this.#refusedEarlier = this.#refused;
    this.#refused = new Set();
  }
}

const startNumbered = (operation: string, number: number): string =>
  `${operation} started ${number}`;

/** What an entry is known by here. */
const namesOf = ({ kind, content = '', operation, phase }: Entry): string[] =>
  kind === 'message' ? [content] : [`${operation} ${phase}`];
