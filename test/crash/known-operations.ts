import { hold } from './broken.ts';
import type { Found } from './protocol.ts';

/** What is known of a durable operation. */
interface Known {
  /** Its handler was called: so its start is in the journal. */
  begun: boolean;
  /** Its caller has its result, or the journal has its outcome. */
  finished: boolean;
  /** Told to `onInterrupted` since it was last begun, and decided to be left. */
  left: boolean;
  /** Told in this process. */
  told: boolean;
}

/** The durable operations of one session. */
export class KnownOperations {
  readonly #tag: string;
  readonly #known = new Map<string, Known>();
  /** A new process found the session, and it takes work: those of them are to be told. */
  #due: readonly string[] = [];

  constructor(tag: string) {
    this.#tag = tag;
  }

  asked(op: string): void {
    this.#known.set(op, { begun: false, finished: false, left: false, told: false });
  }

  begun(op: string): void {
    const known = this.#get(op);
    hold('operations', !known.finished, () => `${op} of ${this.#tag} is done again.`);
    known.begun = true;
    known.left = false;
  }

  finished(op: string): void {
    this.#get(op).finished = true;
  }

  interrupted(op: string, again: boolean): void {
    const known = this.#get(op);
    hold('operations', !known.finished, () => `${op} of ${this.#tag} is told, but was finished.`);
    known.told = true;
    known.left = !again;
  }

  processGone(): void {
    for (const known of this.#known.values()) known.told = false;
    this.#due = [];
  }

  found({ state, journal }: Found): void {
    if (journal === null) return;
    for (const [op, known] of this.#known) {
      const phase = journal.ops[op];
      const detail = (what: string) => (): string =>
        `${op} of ${this.#tag} ${what}, and the journal has ${phase ?? 'nothing'} of it.`;
      if (known.begun) hold('operations', phase !== undefined, detail('was begun'));
      if (known.finished) hold('operations', phase === 'finished', detail('was finished'));
      if (phase === 'finished') known.finished = true;
      if (phase === undefined) this.#known.delete(op);
      else known.begun = true;
    }
    for (const op of Object.keys(journal.ops)) this.#get(op);
    if (state !== 'active' && state !== 'idle') return;
    this.#due = [...this.#known]
      .filter(([, { begun, finished, left }]) => begun && !finished && !left)
      .map(([op]) => op);
  }

  /** The process has woken whoever had something unfinished, and waited until that was decided. */
  checked(): void {
    for (const op of this.#due) {
      const { told } = this.#get(op);
      hold('operations', told, () => `${op} of ${this.#tag} was cut short, and nobody was told.`);
    }
    this.#due = [];
  }

  #get(op: string): Known {
    const known = this.#known.get(op);
    hold('operations', known !== undefined, () => `${op} of ${this.#tag}: nobody asked for it.`);
    return known ?? { begun: false, finished: false, left: false, told: false };
  }
}
