import { AlreadyExistsError, Fenced, StoreError } from '../errors.ts';
import { mintToken } from '../identity/token.ts';
import type {
  Change,
  JournalEntry,
  NewRecord,
  Page,
  SessionRecord,
  Store,
  StoredDeadline,
} from './contract.ts';
import { DueIndex } from './due-index.ts';
import { IdOrder } from './id-order.ts';
import { jsonCopy } from './json-copy.ts';
import { MemoryJournal } from './memory-journal.ts';

/** More than the doors of the runtime let in: what came through one is part of something deeper here. */
const LEVELS = 1_000;

/**
 * Makes a store that lives in this process and ends with it (`durable` is false). For development, for tests,
 * and for servers whose sessions need not outlive them.
 *
 * What goes in is copied once and frozen; what comes out is that frozen copy, so that a read costs nothing
 * and a caller who writes to it gets a TypeError. What JSON cannot carry is refused with
 * `InvalidOptionError`, before anything is changed.
 *
 * For n records: `create`, `load`, `find`, `claim`, `release` and `remove` are O(1), and `commit` is O(1) and
 * O(log n) where it moves `due`; `readJournal` is O(`limit`); `dueBefore` is O(k log n) for the k it returns. `list` looks only at the
 * records of its principal, or at all where none is named; the first page after records came or went is
 * O(n), one after that is O(log n) and a look at each record it passes by.
 */
export const createMemoryStore = (): Store => new MemoryStore();

/** A record and its journal. */
interface Row {
  record: SessionRecord;
  readonly journal: MemoryJournal;
}

/** The key that it takes: an ended session's is free again. */
const keyTaken = ({ key, state }: Pick<SessionRecord, 'key' | 'state'>): string | null =>
  state === 'terminated' ? null : key;

/** The records of one principal. */
interface Belongings {
  readonly ids: IdOrder;
  /** The ids of those that have not ended, by the owner's own key. */
  readonly keys: Map<string, string>;
}

class MemoryStore implements Store {
  readonly durable = false;
  readonly #rows = new Map<string, Row>();
  readonly #ids = new IdOrder();
  readonly #belongings = new Map<string | null, Belongings>();
  readonly #due = new DueIndex();
  #closed = false;

  // No method awaits anything: each is atomic because nothing else can run until it is done.

  async create(given: NewRecord): Promise<SessionRecord> {
    this.#assertOpen();
    const { id, principal, key } = given;
    this.#assertFree(id);
    this.#assertKeyFree(principal, keyTaken(given));
    const record: SessionRecord = Object.freeze({
      id,
      principal,
      key,
      token: mintToken(),
      epoch: 1,
      owner: given.owner,
      state: given.state,
      due: jsonCopy(given.due, 'due', LEVELS),
      journalSeq: 0,
      schema: given.schema,
      session: jsonCopy(given.session, 'session', LEVELS),
      snapshot: jsonCopy(given.snapshot ?? null, 'snapshot', LEVELS),
    });
    this.#put({ record, journal: new MemoryJournal() });
    return record;
  }

  async load(id: string): Promise<SessionRecord | null> {
    this.#assertOpen();
    return this.#rows.get(id)?.record ?? null;
  }

  async find(principal: string | null, key: string): Promise<SessionRecord | null> {
    this.#assertOpen();
    const id = this.#belongings.get(principal)?.keys.get(key);
    return (id === undefined ? undefined : this.#rows.get(id)?.record) ?? null;
  }

  async commit(held: SessionRecord, change: Change): Promise<SessionRecord> {
    this.#assertOpen();
    const row = this.#rowOf(held);
    const { epoch, journalSeq } = row.record;
    // All copies are made before the first write: one that is refused leaves everything as it was.
    const { id, state, due, session, snapshot } = change;
    const written = {
      ...(id === undefined ? {} : { id }),
      ...(state === undefined ? {} : { state }),
      ...(due === undefined ? {} : { due: jsonCopy<StoredDeadline | null>(due, 'due', LEVELS) }),
      ...(session === undefined ? {} : { session: jsonCopy(session, 'session', LEVELS) }),
      ...(snapshot === undefined ? {} : { snapshot: jsonCopy(snapshot, 'snapshot', LEVELS) }),
    };
    const entries = (change.append ?? []).map((data, index) =>
      Object.freeze({ seq: journalSeq + index + 1, epoch, data: jsonCopy(data, 'append', LEVELS) }),
    );
    const before = row.record;
    const after = { ...before, ...written, journalSeq: journalSeq + entries.length };
    const moves = after.id !== before.id;
    if (moves) this.#assertFree(after.id);
    const revives = keyTaken(before) === null && keyTaken(after) !== null;
    if (revives) this.#assertKeyFree(after.principal, after.key);

    for (const entry of entries) row.journal.push(entry);
    row.journal.trimBefore(change.trimBefore ?? 0);
    if (moves) this.#take(row);
    this.#freeKey(before);
    this.#replace(row, after);
    if (moves) this.#put(row);
    else this.#file(row.record);
    return row.record;
  }

  async claim(id: string, owner: string): Promise<SessionRecord | null> {
    this.#assertOpen();
    const row = this.#rows.get(id);
    if (row === undefined) return null;
    const holder = row.record.owner;
    if (holder !== null && holder !== owner) throw new Fenced(id);
    return this.#replace(row, { owner, epoch: row.record.epoch + 1 });
  }

  async release(held: SessionRecord): Promise<void> {
    this.#assertOpen();
    this.#replace(this.#rowOf(held), { owner: null });
  }

  async readJournal(
    id: string,
    { after, limit }: { after: number; limit: number },
  ): Promise<readonly JournalEntry[]> {
    this.#assertOpen();
    return this.#rows.get(id)?.journal.read(after, limit) ?? [];
  }

  async list({ state, principal, cursor, limit }: Parameters<Store['list']>[0]): Promise<Page> {
    this.#assertOpen();
    const ids = principal === undefined ? this.#ids : this.#belongings.get(principal)?.ids;
    const records: SessionRecord[] = [];
    for (const id of ids?.after(cursor ?? null) ?? []) {
      const record = this.#rows.get(id)?.record;
      if (record === undefined || (state !== undefined && record.state !== state)) continue;
      // One more than fits: so there is a next page, and the cursor is not given for nothing.
      if (records.length >= limit) return { records, cursor: records.at(-1)?.id ?? null };
      records.push(record);
    }
    return { records, cursor: null };
  }

  async dueBefore(at: number, limit: number): Promise<readonly SessionRecord[]> {
    this.#assertOpen();
    return this.#due.upTo(at, limit).flatMap((id) => this.#rows.get(id)?.record ?? []);
  }

  async remove(held: SessionRecord): Promise<void> {
    this.#assertOpen();
    this.#take(this.#rowOf(held));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('it is closed', undefined, false);
  }

  #assertFree(id: string): void {
    if (this.#rows.has(id)) throw new AlreadyExistsError('The session id');
  }

  #assertKeyFree(principal: string | null, key: string | null): void {
    if (key !== null && this.#belongings.get(principal)?.keys.has(key)) {
      throw new AlreadyExistsError("The session's key");
    }
  }

  /** Enters a row into every index. */
  #put(row: Row): void {
    const { id, principal } = row.record;
    this.#rows.set(id, row);
    this.#ids.add(id);
    this.#belongingsOf(principal).ids.add(id);
    this.#file(row.record);
  }

  /** Takes a row out of every index. */
  #take({ record }: Row): void {
    const { id, principal } = record;
    this.#rows.delete(id);
    this.#ids.delete(id);
    this.#freeKey(record);
    const { ids } = this.#belongingsOf(principal);
    ids.delete(id);
    if (ids.size === 0) this.#belongings.delete(principal);
    this.#due.set(id, null);
  }

  #freeKey(record: SessionRecord): void {
    const key = keyTaken(record);
    if (key !== null) this.#belongings.get(record.principal)?.keys.delete(key);
  }

  /** The row `held` still stands for. Throws `Fenced` where it stands for none. */
  #rowOf(held: SessionRecord): Row {
    const row = this.#rows.get(held.id);
    if (row === undefined || row.record.token !== held.token) throw new Fenced(held.id);
    return row;
  }

  #replace(row: Row, changed: Partial<SessionRecord>): SessionRecord {
    row.record = Object.freeze({ ...row.record, ...changed, token: mintToken() });
    return row.record;
  }

  /** Enters a record where it is looked for by its key and by its due. */
  #file(record: SessionRecord): void {
    const key = keyTaken(record);
    if (key !== null) this.#belongingsOf(record.principal).keys.set(key, record.id);
    this.#due.set(record.id, record.due?.at ?? null);
  }

  #belongingsOf(principal: string | null): Belongings {
    const there = this.#belongings.get(principal);
    if (there !== undefined) return there;
    const made = { ids: new IdOrder(), keys: new Map<string, string>() };
    this.#belongings.set(principal, made);
    return made;
  }
}
