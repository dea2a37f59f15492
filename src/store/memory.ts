import { StoreError } from '../errors.ts';
import type { Change, JournalEntry, NewRecord, Page, SessionRecord, Store } from './contract.ts';
import { RecordTable } from './record-table.ts';
import type { TableWrite } from './record-write.ts';

/**
 * Makes a store that lives in this process and ends with it (`durable` is false). For development, for tests,
 * and for servers whose sessions need not outlive them.
 *
 * What goes in is copied once and frozen; what comes out is that frozen copy, so that a read costs nothing
 * and a caller who writes to it gets a TypeError. What JSON cannot carry is refused with
 * `InvalidOptionError`, before anything is changed.
 *
 * For n records: `create`, `load`, `find`, `claim`, `release`, `remove`, `count` and `alive` are O(1), and `commit` is
 * O(1) and O(log n) where it moves `due`; `readJournal` is O(`limit`); `dueBefore` is O(k log n) for the k it returns.
 * `list` looks only at the records of its principal, or at all where none is named; the first page after records came or
 * went is O(n), one after that is O(log n) and a look at each record it passes by.
 */
export const createMemoryStore = (): Store => new MemoryStore();

class MemoryStore implements Store {
  readonly durable = false;
  readonly #records = new RecordTable();
  #closed = false;

  // No method awaits anything: each is atomic because nothing else can run until it is done.

  async create(given: NewRecord): Promise<SessionRecord> {
    return this.#applied(this.#table.toCreate(given)).after;
  }

  async load(id: string): Promise<SessionRecord | null> {
    return this.#table.load(id);
  }

  async find(principal: string | null, key: string): Promise<SessionRecord | null> {
    return this.#table.find(principal, key);
  }

  async commit(held: SessionRecord, change: Change): Promise<SessionRecord> {
    return this.#applied(this.#table.toCommit(held, change)).after;
  }

  async claim(id: string, owner: string): Promise<SessionRecord | null> {
    const claim = this.#table.toClaim(id, owner);
    return claim === null ? null : this.#applied(claim).after;
  }

  async release(held: SessionRecord): Promise<void> {
    this.#applied(this.#table.toRelease(held));
  }

  async readJournal(
    id: string,
    page: { after: number; limit: number },
  ): Promise<readonly JournalEntry[]> {
    return this.#table.readJournal(id, page);
  }

  async list(filter: Parameters<Store['list']>[0]): Promise<Page> {
    return this.#table.list(filter);
  }

  async dueBefore(...asked: Parameters<Store['dueBefore']>): Promise<readonly SessionRecord[]> {
    return this.#table.dueBefore(...asked);
  }

  async count(filter: { principal?: string | null }): Promise<number> {
    return this.#table.count(filter);
  }

  async alive(at: number): Promise<number | null> {
    const before = this.#table.aliveAt;
    this.#applied(this.#table.toNoteAlive(at));
    return before;
  }

  async remove(held: SessionRecord): Promise<void> {
    this.#applied(this.#table.toRemove(held));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** The records of an open store. */
  get #table(): RecordTable {
    if (this.#closed) throw new StoreError('it is closed', undefined, false);
    return this.#records;
  }

  #applied<W extends TableWrite>(write: W): W {
    this.#records.apply(write);
    return write;
  }
}
