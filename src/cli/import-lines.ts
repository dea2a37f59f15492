import type { JournalEntry } from '../store/contract.ts';
import type { TakenRecord } from '../store/sqlite/owned-folder.ts';
import { checkedDepth, checkedRecord, isCounted, isFields, Unsound } from './checked-record.ts';
import { FORMAT, FORMAT_VERSION } from './export-format.ts';
import { BrokenLine, type NumberedLine } from './lines-of.ts';

/** What a line brings. */
export type Brought =
  | { readonly number: number; readonly record: TakenRecord }
  | { readonly number: number; readonly entry: JournalEntry };

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the lines of an export bring, in their order, each checked. It is whole only if this ends without throwing: that
 * the file was cut shows at its end.
 *
 * @throws BrokenLine
 */
export async function* importLines(
  lines: AsyncIterable<NumberedLine>,
): AsyncGenerator<Brought, void, undefined> {
  const reading = new Reading();
  let last = 0;
  for await (const { number, text } of lines) {
    last = number;
    try {
      const brought = reading.take(fieldsIn(text));
      if (brought !== null) yield { number, ...brought };
    } catch (error) {
      if (error instanceof Unsound) throw new BrokenLine(number, error.message);
      throw error;
    }
  }
  if (!reading.isOver) {
    const what = last === 0 ? 'the file is empty.' : 'the file is cut: its end is missing.';
    throw new BrokenLine(last + 1, what);
  }
}

const fieldsIn = (text: string): Fields => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Unsound('is no JSON, or was cut.');
  }
  if (!isFields(value)) throw new Unsound('is no line of an export.');
  return value;
};

/** How far the file was read. */
class Reading {
  #begun = false;
  #over = false;
  #sessions = 0;
  #entries = 0;
  /** The session whose journal is being read, and the number of the next entry of it. */
  #current: { readonly record: TakenRecord; next: number } | null = null;

  get isOver(): boolean {
    return this.#over;
  }

  /** Takes the next line; `null`: it brings nothing. Throws `Unsound`. */
  take(line: Fields): { readonly record: TakenRecord } | { readonly entry: JournalEntry } | null {
    if (this.#over) throw new Unsound('comes after the end.');
    if (!this.#begun) return this.#header(line);
    switch (line['kind']) {
      case 'session':
        return this.#session(line);
      case 'entry':
        return this.#entry(line);
      case 'end':
        return this.#end(line);
      default:
        throw new Unsound('is no line of an export.');
    }
  }

  #header({ kind, format, version }: Fields): null {
    if (kind !== 'header' || format !== FORMAT) {
      throw new Unsound('is no header: this is not what holdfast export writes.');
    }
    if (version !== FORMAT_VERSION) {
      throw new Unsound(
        `says format version ${JSON.stringify(version)}, and this version of Holdfast knows ${FORMAT_VERSION} only.`,
      );
    }
    this.#begun = true;
    return null;
  }

  #session({ record: given }: Fields): { readonly record: TakenRecord } {
    this.#journalIsWhole();
    const record = checkedRecord(given);
    const { first } = record.session.journal;
    this.#current = { record, next: first };
    this.#sessions += 1;
    return { record };
  }

  #entry({ seq, epoch, data }: Fields): { readonly entry: JournalEntry } {
    if (this.#current === null) throw new Unsound('is an entry of no session.');
    const { record, next } = this.#current;
    if (seq !== next || next > record.journalSeq) {
      throw new Unsound(`is entry ${JSON.stringify(seq)} of its journal, where ${next} was due.`);
    }
    if (!isCounted(epoch) || epoch < 1 || epoch > record.epoch) {
      throw new Unsound('is an entry that nobody can have written: its epoch is not allowed.');
    }
    if (data === undefined) throw new Unsound('is an entry without its data.');
    checkedDepth(data);
    this.#current.next += 1;
    this.#entries += 1;
    return { entry: { seq: next, epoch, data } };
  }

  #end({ sessions, entries }: Fields): null {
    this.#journalIsWhole();
    if (sessions !== this.#sessions || entries !== this.#entries) {
      throw new Unsound(
        `says ${sessions} sessions and ${entries} entries, but there were ${this.#sessions} and ${this.#entries}: lines are missing.`,
      );
    }
    this.#over = true;
    return null;
  }

  #journalIsWhole(): void {
    if (this.#current === null) return;
    const { record, next } = this.#current;
    if (next > record.journalSeq) return;
    throw new Unsound(
      `comes too early: entries ${next} to ${record.journalSeq} of the journal before it are missing.`,
    );
  }
}
