import type { JournalEntry } from '../../store/contract.ts';
import type { TakenRecord } from '../../store/sqlite/owned-folder.ts';
import { shown } from '../in-words.ts';
import { checkedDepth, checkedRecord, isCounted } from './checked-record.ts';
import { type Fields, isFields } from './checks.ts';
import { FORMAT, FORMAT_VERSION } from './export-format.ts';
import { BrokenLine, type NumberedLine } from './lines-of.ts';
import { isSoundEntry } from './sound-entry.ts';
import { UnreadableHere, Unsound } from './unsound.ts';

/** What a line brings: a record, an entry of the journal of the record before it, or a record that is left out. */
export type Brought = { readonly number: number } & Content;

type Content =
  | { readonly record: TakenRecord }
  | { readonly entry: JournalEntry }
  /** The id of a session that only another version can read; `null`: it says none. Its entries are not brought. */
  | { readonly leftOut: string | null };

/**
 * What the lines of an export bring, in their order, each checked. It is whole only if this ends without throwing: that
 * the file was cut shows at its end.
 *
 * @param skipUnreadable leaves out sessions that only another version can read. Default `false`: such a line is broken.
 * @throws BrokenLine
 */
export async function* importLines(
  lines: AsyncIterable<NumberedLine>,
  skipUnreadable = false,
): AsyncGenerator<Brought, void, undefined> {
  const reading = new Reading(skipUnreadable);
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
  #current: { readonly record: TakenRecord; next: number } | 'left out' | null = null;
  readonly #skipUnreadable: boolean;

  constructor(skipUnreadable: boolean) {
    this.#skipUnreadable = skipUnreadable;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Takes the next line; `null`: it brings nothing. Throws `Unsound`. */
  take(line: Fields): Content | null {
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
        `says format version ${shown(version)}, and this version of Holdfast knows ${FORMAT_VERSION} only.`,
      );
    }
    this.#begun = true;
    return null;
  }

  #session({ record: given }: Fields): Content {
    this.#journalIsWhole();
    this.#sessions += 1;
    try {
      const record = checkedRecord(given);
      this.#current = { record, next: record.session.journal.first };
      return { record };
    } catch (error) {
      if (!(error instanceof UnreadableHere)) throw error;
      if (!this.#skipUnreadable) {
        throw new Unsound(`${error.message} With --skip-unreadable it is left out.`);
      }
      this.#current = 'left out';
      return { leftOut: error.id };
    }
  }

  #entry({ seq, epoch, data }: Fields): Content | null {
    if (this.#current === null) throw new Unsound('is an entry of no session.');
    if (this.#current === 'left out') {
      this.#entries += 1;
      return null;
    }
    const { record, next } = this.#current;
    if (seq !== next || next > record.journalSeq) {
      throw new Unsound(`is entry ${shown(seq)} of its journal, where ${next} was due.`);
    }
    if (!isCounted(epoch) || epoch < 1 || epoch > record.epoch) {
      throw new Unsound('is an entry that nobody can have written: its epoch is not allowed.');
    }
    if (data === undefined) throw new Unsound('is an entry without its data.');
    checkedDepth(data);
    if (!isSoundEntry(data)) throw new Unsound('is an entry that is not what its kind says.');
    this.#current.next += 1;
    this.#entries += 1;
    return { entry: { seq: next, epoch, data } };
  }

  #end({ sessions, entries }: Fields): null {
    this.#journalIsWhole();
    if (!isCounted(sessions) || !isCounted(entries)) {
      throw new Unsound('is an end without its counts.');
    }
    if (sessions !== this.#sessions || entries !== this.#entries) {
      throw new Unsound(
        `says ${sessions} sessions and ${entries} entries, but there were ${this.#sessions} and ${this.#entries}: lines are missing.`,
      );
    }
    this.#over = true;
    return null;
  }

  #journalIsWhole(): void {
    if (this.#current === null || this.#current === 'left out') return;
    const { record, next } = this.#current;
    if (next > record.journalSeq) return;
    throw new Unsound(
      `comes too early: entries ${next} to ${record.journalSeq} of the journal before it are missing.`,
    );
  }
}
