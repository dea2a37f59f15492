import { hold } from './broken.ts';
import type { Found } from './protocol.ts';

/** What was written of one session: asked for, acknowledged, found. */
export class KnownWrites {
  readonly #tag: string;
  /** Messages by their number: acknowledged or found. */
  readonly #messages = new Map<number, string>();
  /** Marks of messages that were asked for, and the length of each. */
  readonly #asked = new Map<string, number>();
  #count = 0;
  #last = '';
  /** Marks of updates that may have come or not. */
  readonly #updates = new Set<string>();
  /** Numbers that its behaviour was told to add, in order, and whether that one is certain to have come. */
  #adds: { readonly by: number; certain: boolean }[] = [];

  constructor(tag: string) {
    this.#tag = tag;
  }

  appendAsked(mark: string, length: number): void {
    this.#asked.set(mark, length);
  }

  appended(mark: string, seq: number): void {
    const there = this.#messages.get(seq);
    const isFree = there === undefined || there === mark;
    hold('messages', isFree, () => `${this.#tag} has ${there} and ${mark} under ${seq}.`);
    this.#messages.set(seq, mark);
  }

  updateAsked(mark: string): void {
    this.#updates.add(mark);
  }

  updated(mark: string, count: number): void {
    this.#updates.delete(mark);
    if (count <= this.#count) return;
    this.#count = count;
    this.#last = mark;
  }

  addAsked(by: number): void {
    this.#adds.push({ by, certain: false });
  }

  added(by: number): void {
    for (const add of this.#adds) if (add.by === by) add.certain = true;
  }

  /** What a new process found. What is not there by now never will be. */
  found({ data, messages, journal }: Found): void {
    if (data !== null) this.#foundData(data);
    if (messages !== null) this.#foundMessages(messages);
    if (journal !== null) {
      const { first, last, entries } = journal;
      const whole = entries === last && (last === 0 || first === 1);
      const detail = (): string => `${this.#tag}: ${entries} entries, ${first} to ${last}.`;
      hold('journal', whole, detail);
    }
  }

  /** All that are certain, and of the others any, in the order in which they were asked for: one after another. */
  foundAdds(adds: readonly number[]): void {
    const may = this.#adds.filter(({ by, certain }) => certain || adds.includes(by));
    const right = may.length === adds.length && may.every(({ by }, index) => adds[index] === by);
    hold('behaviour', right, () => {
      const known = this.#adds.map(({ by, certain }) => `${by}${certain ? '' : '?'}`);
      return `${this.#tag} has [${adds.join(' ')}], asked: [${known.join(' ')}].`;
    });
    this.#adds = adds.map((by) => ({ by, certain: true }));
  }

  #foundData({ count, last }: { readonly count: number; readonly last: string }): void {
    const isKnown = count === this.#count && last === this.#last;
    const mostly = this.#count + this.#updates.size;
    // One that was acknowledged may have been followed by those that were not: in which order is not known.
    const isLater = count > this.#count && count <= mostly && this.#updates.has(last);
    hold('data', isKnown || isLater, () => {
      return `${this.#tag} has ${count} (${last}), acknowledged: ${this.#count} (${this.#last}).`;
    });
    this.#count = count;
    this.#last = last;
    this.#updates.clear();
  }

  #foundMessages(messages: NonNullable<Found['messages']>): void {
    const marks = new Map<string, number>();
    const bySeq = new Map<number, string>();
    for (const [seq, mark, length] of messages) {
      const asked = this.#asked.get(mark);
      hold('messages', asked === length, () => {
        return `${this.#tag} has ${mark} of ${length}, asked: ${asked ?? 'never'}.`;
      });
      hold('messages', !marks.has(mark), () => `${this.#tag} has ${mark} twice.`);
      marks.set(mark, seq);
      bySeq.set(seq, mark);
    }
    for (const [seq, mark] of this.#messages) {
      hold('messages', bySeq.get(seq) === mark, () => {
        return `${this.#tag} has ${bySeq.get(seq) ?? 'nothing'} under ${seq}, not ${mark}.`;
      });
    }
    for (const [seq, mark] of bySeq) this.#messages.set(seq, mark);
    for (const mark of this.#asked.keys()) if (!marks.has(mark)) this.#asked.delete(mark);
  }
}
