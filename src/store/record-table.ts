import { AlreadyExistsError, Fenced } from '../errors.ts';
import { storableText } from '../identity/storable-text.ts';
import { mintToken } from '../identity/token.ts';
import { LIMITS } from '../limits.ts';
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
import { assertColumns, givenLimit, givenSeq, givenTime, keptTime } from './given-numbers.ts';
import { IdOrder } from './id-order.ts';
import { jsonCopy } from './json-copy.ts';
import { MemoryJournal } from './memory-journal.ts';
import type { AliveWrite, RecordWrite, TableWrite } from './record-write.ts';

const LEVELS = LIMITS.storedLevels;

/** A record and its journal. */
interface Row {
  record: SessionRecord;
  readonly journal: MemoryJournal;
}

/** The records of one principal. */
interface Belongings {
  readonly ids: IdOrder;
  /** The ids of those that have not ended, by the owner's own key. */
  readonly keys: Map<string, string>;
  /** How many have not ended. */
  living: number;
}

/** What of a new record is text that it is found by. */
const TEXTS = ['id', 'principal', 'key', 'owner'] as const;

const isLiving = ({ state }: Pick<SessionRecord, 'state'>): boolean => state !== 'terminated';

/** The key that it takes: an ended session's is free again. */
const keyTaken = (record: Pick<SessionRecord, 'key' | 'state'>): string | null =>
  isLiving(record) ? record.key : null;

/**
 * Records, journals and their indexes, in memory: what a store does, without its promises. A write is made in two
 * steps: `to…` checks it and copies what it was given, and changes nothing; `apply` does it, and cannot fail. Between
 * the two no other write may be applied. So whoever builds on it can refuse a write, keep it, or apply it twice: to what
 * is read and to what is durable.
 *
 * The costs are those that `createMemoryStore` names. All that comes out is frozen.
 */
export class RecordTable {
  readonly #rows = new Map<string, Row>();
  readonly #ids = new IdOrder();
  readonly #belongings = new Map<string | null, Belongings>();
  readonly #due = new DueIndex();
  #living = 0;
  #aliveAt: number | null = null;

  /** The highest wall time that was noted; `null`: none. */
  get aliveAt(): number | null {
    return this.#aliveAt;
  }

  load(id: string): SessionRecord | null {
    return this.#rows.get(storableText('id', id))?.record ?? null;
  }

  find(principal: string | null, key: string): SessionRecord | null {
    const id = this.#belongingsTo(principal)?.keys.get(storableText('key', key));
    return id === undefined ? null : this.load(id);
  }

  readJournal(id: string, page: { after: number; limit: number }): readonly JournalEntry[] {
    const after = givenSeq('after', page.after);
    const limit = givenLimit(page.limit);
    return this.#rows.get(storableText('id', id))?.journal.read(after, limit) ?? [];
  }

  list({ state, principal, cursor, limit }: Parameters<Store['list']>[0]): Page {
    givenLimit(limit);
    const ids = principal === undefined ? this.#ids : this.#belongingsTo(principal)?.ids;
    const records: SessionRecord[] = [];
    for (const id of ids?.after(storableText('cursor', cursor ?? null)) ?? []) {
      const record = this.load(id);
      if (record === null || (state !== undefined && record.state !== state)) continue;
      // One more than fits: so there is a next page, and the cursor is not given for nothing.
      if (records.length >= limit) return { records, cursor: records.at(-1)?.id ?? null };
      records.push(record);
    }
    return { records, cursor: null };
  }

  dueBefore(
    at: number,
    limit: number,
    after: Parameters<Store['dueBefore']>[2] = null,
  ): readonly SessionRecord[] {
    storableText('after', after?.id ?? null);
    if (after !== null) givenTime('after', after.at);
    givenTime('at', at);
    givenLimit(limit);
    return this.#due.upTo(at, limit, after).flatMap((id) => this.load(id) ?? []);
  }

  count({ principal }: Parameters<Store['count']>[0]): number {
    return principal === undefined ? this.#living : (this.#belongingsTo(principal)?.living ?? 0);
  }

  /** @throws AlreadyExistsError, InvalidOptionError */
  toCreate(given: NewRecord): RecordWrite<SessionRecord> {
    const { id, principal, key } = given;
    for (const option of TEXTS) storableText(option, given[option]);
    assertColumns(given);
    this.#assertFree(id);
    this.#assertKeyFree(principal, keyTaken(given));
    const after: SessionRecord = Object.freeze({
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
    return { before: null, after, append: [], trimBefore: 0 };
  }

  /** @throws Fenced, AlreadyExistsError, InvalidOptionError */
  toCommit(held: SessionRecord, change: Change): RecordWrite<SessionRecord> {
    assertColumns(change);
    const before = this.#heldNow(held);
    const { epoch, journalSeq } = before;
    const { id, state, due, session, snapshot, schema } = change;
    const written = {
      ...(id === undefined ? {} : { id }),
      ...(state === undefined ? {} : { state }),
      ...(schema === undefined ? {} : { schema }),
      ...(due === undefined ? {} : { due: jsonCopy<StoredDeadline | null>(due, 'due', LEVELS) }),
      ...(session === undefined ? {} : { session: jsonCopy(session, 'session', LEVELS) }),
      ...(snapshot === undefined ? {} : { snapshot: jsonCopy(snapshot, 'snapshot', LEVELS) }),
    };
    const append = (change.append ?? []).map((data, index) =>
      Object.freeze({ seq: journalSeq + index + 1, epoch, data: jsonCopy(data, 'append', LEVELS) }),
    );
    const after = changed(before, { ...written, journalSeq: journalSeq + append.length });
    if (after.id !== before.id) this.#assertFree(storableText('id', after.id));
    const revives = !isLiving(before) && isLiving(after);
    if (revives) this.#assertKeyFree(after.principal, after.key);
    return { before, after, append, trimBefore: change.trimBefore ?? 0 };
  }

  /** `null`: not there. @throws Fenced */
  toClaim(id: string, owner: string): RecordWrite<SessionRecord> | null {
    const before = this.load(id);
    storableText('owner', owner);
    if (before === null) return null;
    if (before.owner !== null && before.owner !== owner) throw new Fenced(id);
    return replacing(before, { owner, epoch: before.epoch + 1 });
  }

  /** @throws Fenced */
  toRelease(held: SessionRecord): RecordWrite<SessionRecord> {
    return replacing(this.#heldNow(held), { owner: null });
  }

  /** @throws Fenced */
  toRemove(held: SessionRecord): RecordWrite<null> {
    return { before: this.#heldNow(held), after: null, append: [], trimBefore: 0 };
  }

  /** A time that is not above the highest one leaves it as it is. */
  toNoteAlive(at: number): AliveWrite {
    return { aliveAt: Math.max(keptTime('at', at), this.#aliveAt ?? at) };
  }

  /** Does what was made ready, here or by another table that had applied the same writes before it. */
  apply(write: TableWrite): void {
    if ('aliveAt' in write) {
      this.#aliveAt = write.aliveAt;
      return;
    }
    const { before, after } = write;
    const row = before === null ? null : (this.#rows.get(before.id) ?? null);
    const journal = row?.journal ?? new MemoryJournal();
    for (const entry of write.append) journal.push(entry);
    journal.trimBefore(write.trimBefore);
    if (row !== null && after !== null && row.record.id === after.id) this.#replace(row, after);
    else {
      if (row !== null) this.#take(row.record);
      if (after !== null) this.#put({ record: after, journal });
    }
  }

  /** What a process finds that opens it after another one: a copy of its own, in which nobody holds anything. */
  reopened(): RecordTable {
    const table = new RecordTable();
    table.#aliveAt = this.#aliveAt;
    for (const { record, journal } of this.#rows.values()) {
      const free = record.owner === null ? record : Object.freeze({ ...record, owner: null });
      table.#put({ record: free, journal: journal.copy() });
    }
    return table;
  }

  #assertFree(id: string): void {
    if (this.#rows.has(id)) throw new AlreadyExistsError('The session id');
  }

  #assertKeyFree(principal: string | null, key: string | null): void {
    if (key !== null && this.#belongings.get(principal)?.keys.has(key)) {
      throw new AlreadyExistsError("The session's key");
    }
  }

  /** The record `held` still stands for. Throws `Fenced` where it stands for none. */
  #heldNow(held: SessionRecord): SessionRecord {
    const record = this.load(held.id);
    if (record === null || record.token !== held.token) throw new Fenced(held.id);
    return record;
  }

  /** Enters a row into every index. */
  #put(row: Row): void {
    const { id, principal } = row.record;
    this.#rows.set(id, row);
    this.#ids.add(id);
    this.#belongingsOf(principal).ids.add(id);
    this.#settle(row.record, 1);
    this.#due.set(id, row.record.due?.at ?? null);
  }

  /** Takes a record out of every index. */
  #take(record: SessionRecord): void {
    const { id, principal } = record;
    this.#rows.delete(id);
    this.#ids.delete(id);
    this.#settle(record, -1);
    const { ids } = this.#belongingsOf(principal);
    ids.delete(id);
    if (ids.size === 0) this.#belongings.delete(principal);
    this.#due.set(id, null);
  }

  /** Puts `after` in the place of the row's record, which has its id. */
  #replace(row: Row, after: SessionRecord): void {
    if (isLiving(row.record) !== isLiving(after)) {
      this.#settle(row.record, -1);
      this.#settle(after, 1);
    }
    row.record = after;
    this.#due.set(after.id, after.due?.at ?? null);
  }

  /** Counts a living record in or out, and takes or frees its key. */
  #settle(record: SessionRecord, step: 1 | -1): void {
    if (!isLiving(record)) return;
    const belongings = this.#belongingsOf(record.principal);
    this.#living += step;
    belongings.living += step;
    if (record.key === null) return;
    if (step === 1) belongings.keys.set(record.key, record.id);
    else belongings.keys.delete(record.key);
  }

  #belongingsTo(principal: string | null): Belongings | undefined {
    return this.#belongings.get(storableText('principal', principal));
  }

  #belongingsOf(principal: string | null): Belongings {
    const there = this.#belongings.get(principal);
    if (there !== undefined) return there;
    const made = { ids: new IdOrder(), keys: new Map<string, string>(), living: 0 };
    this.#belongings.set(principal, made);
    return made;
  }
}

const changed = (before: SessionRecord, columns: Partial<SessionRecord>): SessionRecord =>
  Object.freeze({ ...before, ...columns, token: mintToken() });

const replacing = (
  before: SessionRecord,
  columns: Partial<SessionRecord>,
): RecordWrite<SessionRecord> => ({
  before,
  after: changed(before, columns),
  append: [],
  trimBefore: 0,
});
