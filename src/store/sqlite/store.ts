import { StoreError } from '../../errors.ts';
import { storableText } from '../../identity/storable-text.ts';
import { mintToken } from '../../identity/token.ts';
import type { Change, JournalEntry, NewRecord, Page, SessionRecord, Store } from '../contract.ts';
import { assertColumns, givenLimit, givenSeq, givenTime, keptTime } from '../given-numbers.ts';
import { CallQueue } from './call-queue.ts';
import type { Row, Thread } from './calls.ts';
import { readPages } from './record-pages.ts';
import { entryOf, madeRecord, newRow, recordOf, rowChange } from './records.ts';

/**
 * The store's side of the SQLite store: it checks and copies what it is given, writes and reads the JSON, and leaves the
 * rest to its thread. Calls are done in the order they were asked in; see `CallQueue` for what goes together.
 */
export class SqliteStore implements Store {
  readonly durable = true;
  readonly #thread: Thread;
  readonly #queue: CallQueue;
  #closing: Promise<void> | null = null;

  /** @param pause lets other work of the process in; asked for only between long answers. */
  constructor(thread: Thread, pause: () => Promise<void>) {
    this.#thread = thread;
    this.#queue = new CallQueue(thread, pause);
  }

  // Each method checks and copies what it was given before it first waits.

  async create(given: NewRecord): Promise<SessionRecord> {
    assertColumns(given);
    const outgoing = newRow(given, mintToken());
    await this.#queue.ask({ op: 'create', row: outgoing.row });
    return madeRecord(outgoing);
  }

  async load(id: string): Promise<SessionRecord | null> {
    return recordOrNull(await this.#queue.ask({ op: 'load', id: storableText('id', id) }));
  }

  async find(principal: string | null, key: string): Promise<SessionRecord | null> {
    storableText('principal', principal);
    storableText('key', key);
    return recordOrNull(await this.#queue.ask({ op: 'find', principal, key }));
  }

  async commit(held: SessionRecord, change: Change): Promise<SessionRecord> {
    assertColumns(change);
    const { row, given } = rowChange(change);
    const { id, token } = tokenHeld(held);
    const call = { op: 'commit', id, token, next: mintToken(), change: row } as const;
    return recordOf(await this.#queue.ask(call), given);
  }

  async claim(id: string, owner: string): Promise<SessionRecord | null> {
    storableText('id', id);
    storableText('owner', owner);
    return recordOrNull(await this.#queue.ask({ op: 'claim', id, owner, next: mintToken() }));
  }

  async release(held: SessionRecord): Promise<void> {
    await this.#queue.ask({ op: 'release', ...tokenHeld(held), next: mintToken() });
  }

  async readJournal(
    id: string,
    { after, limit }: { after: number; limit: number },
  ): Promise<readonly JournalEntry[]> {
    storableText('id', id);
    givenSeq('after', after);
    givenLimit(limit);
    const rows = await this.#queue.ask({ op: 'readJournal', id, after, limit });
    return rows.map(entryOf);
  }

  async list(filter: Parameters<Store['list']>[0]): Promise<Page> {
    const { state = null, principal, cursor = null, limit } = filter;
    if (principal !== undefined) storableText('principal', principal);
    storableText('cursor', cursor);
    givenLimit(limit);
    const { records, more } = await readPages(limit, (left, last) =>
      this.#queue.ask({ op: 'list', state, principal, cursor: last?.id ?? cursor, limit: left }),
    );
    return { records, cursor: more ? (records.at(-1)?.id ?? null) : null };
  }

  async dueBefore(
    at: number,
    limit: number,
    after: Parameters<Store['dueBefore']>[2] = null,
  ): Promise<readonly SessionRecord[]> {
    storableText('after', after?.id ?? null);
    if (after !== null) givenTime('after', after.at);
    givenTime('at', at);
    givenLimit(limit);
    const from = after === null ? null : { at: after.at, id: after.id };
    const { records } = await readPages(limit, (left, last) =>
      this.#queue.ask({ op: 'dueBefore', at, limit: left, after: placeOf(last) ?? from }),
    );
    return records;
  }

  async count({ principal }: { principal?: string | null }): Promise<number> {
    if (principal !== undefined) storableText('principal', principal);
    return this.#queue.ask({ op: 'count', principal });
  }

  async alive(at: number): Promise<number | null> {
    return this.#queue.ask({ op: 'alive', at: keptTime('at', at) });
  }

  async remove(held: SessionRecord): Promise<void> {
    await this.#queue.ask({ op: 'remove', ...tokenHeld(held) });
  }

  close(): Promise<void> {
    this.#closing ??= this.#queue
      .drain(new StoreError('it is closed', undefined, false))
      .then(() => this.#thread.close());
    return this.#closing;
  }
}

const recordOrNull = (row: Row | null): SessionRecord | null =>
  row === null ? null : recordOf(row);

/** Where it stands among those that are due. */
const placeOf = (last: SessionRecord | null): { at: number; id: string } | null =>
  last === null || last.due === null ? null : { at: last.due.at, id: last.id };

const tokenHeld = ({ id, token }: SessionRecord): { id: string; token: string } => ({
  id: storableText('id', id),
  token,
});
