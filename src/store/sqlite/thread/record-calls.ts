import { LIMITS } from '../../../limits.ts';
import type { Answer, Call, Row, RowPage } from '../calls.ts';
import { charactersOfRow } from '../weights.ts';
import { commit } from './commits.ts';
import type { Database, Driver, SqlValue } from './driver.ts';
import { entryOf, rowOf } from './sql-rows.ts';
import { StatementCache } from './statement-cache.ts';
import {
  ALIVE,
  CLAIM,
  CREATE,
  countOf,
  DUE,
  DUE_AFTER,
  FIND,
  FIND_ANONYMOUS,
  IS_THERE,
  LOAD,
  LOAD_NUMBER,
  listOf,
  META,
  OPENING,
  READ_JOURNAL,
  RELEASE,
  REMOVE,
  REMOVE_JOURNAL,
  SET_META,
  type Whose,
} from './statements.ts';

type CallOf<Op extends Call['op']> = Extract<Call, { op: Op }>;

/** SQLite's code for something that is taken. */
const CONSTRAINT = 19;

/** "As many as there are", for a database: more than it can have. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** A negative limit would be none at all for SQLite. */
const limitOf = (limit: number): number => Math.min(Math.max(Math.trunc(limit), 0), UNLIMITED);

const whoseOf = (principal: string | null | undefined): Whose => {
  if (principal === undefined) return 'everybody';
  return principal === null ? 'anonymous' : 'principal';
};

/** The number of the last opening of the database. */
export const lastOpening = (database: Database): number =>
  Number(database.prepare(META).get(OPENING)?.['value'] ?? 0);

/**
 * What each call does to the database, or reads of it: the contract's methods in SQL, without transactions. A call that
 * is refused has changed nothing; one that throws what SQLite says may have, so its transaction must be rolled back.
 */
export class RecordCalls {
  readonly #statements: StatementCache;
  readonly #driver: Driver;
  readonly #opening: number;

  /** @param opening the present one. One that only reads beside the owner gives `lastOpening`. */
  constructor(database: Database, driver: Driver, opening: number) {
    this.#statements = new StatementCache(database);
    this.#driver = driver;
    this.#opening = opening;
  }

  /** Throws what SQLite says. */
  answer(call: Call): Answer {
    switch (call.op) {
      case 'create':
        return this.#create(call);
      case 'load':
        return this.#one(LOAD, call.id);
      case 'find':
        return call.principal === null
          ? this.#one(FIND_ANONYMOUS, call.key)
          : this.#one(FIND, call.principal, call.key);
      case 'commit':
        return commit(this.#statements, call, this.#opening, this.#isConstraint);
      case 'claim':
        return this.#claim(call);
      case 'release': {
        const changed = this.#statements.run(RELEASE, call.next, call.id, call.token);
        return changed === 0 ? { refused: 'fenced' } : { value: null };
      }
      case 'remove':
        return this.#remove(call);
      case 'readJournal': {
        const { id, after, limit } = call;
        const entries = this.#statements.all(READ_JOURNAL, id, after, limitOf(limit));
        return { value: entries.map(entryOf) };
      }
      case 'list':
        return this.#list(call);
      case 'dueBefore':
        return this.#dueBefore(call);
      case 'count':
        return this.#count(call);
      case 'alive':
        return this.#alive(call);
    }
  }

  readonly #isConstraint = (error: unknown): boolean => this.#driver.codeOf(error) === CONSTRAINT;

  #one(sql: string, ...values: string[]): Answer {
    const row = this.#statements.get(sql, ...values);
    return { value: row === undefined ? null : rowOf(row, this.#opening) };
  }

  #create({ row }: CallOf<'create'>): Answer {
    const { id, token, principal, key, owner, state, due, schema, session, snapshot } = row;
    const made = this.#statements.run(
      CREATE,
      id,
      token,
      principal,
      key,
      owner,
      this.#opening,
      state,
      due?.at ?? null,
      due?.deadline ?? null,
      schema,
      session,
      snapshot,
    );
    if (made === 0) return { refused: this.#isThere(id) ? 'id-taken' : 'key-taken' };
    return { value: null };
  }

  #claim({ id, owner, next }: CallOf<'claim'>): Answer {
    const opening = this.#opening;
    const row = this.#statements.get(CLAIM, owner, opening, next, id, opening, owner);
    if (row !== undefined) return { value: rowOf(row, opening) };
    return this.#isThere(id) ? { refused: 'fenced' } : { value: null };
  }

  #remove({ id, token }: CallOf<'remove'>): Answer {
    const row = this.#statements.get(REMOVE, id, token);
    if (row === undefined) return { refused: 'fenced' };
    if (row['journal_seq'] !== 0) this.#statements.run(REMOVE_JOURNAL, Number(row['number']));
    return { value: null };
  }

  #list({ state, principal, cursor, limit }: CallOf<'list'>): Answer {
    const sql = listOf(whoseOf(principal), cursor !== null, state !== null);
    const given = [principal, cursor, state].filter((one) => typeof one === 'string');
    return { value: this.#page(limit, sql, ...given) };
  }

  #dueBefore({ at, limit, after }: CallOf<'dueBefore'>): Answer {
    const value =
      after === null
        ? this.#page(limit, DUE, at)
        : this.#page(limit, DUE_AFTER, at, after.at, after.id);
    return { value };
  }

  /** Reads the numbers first, which an index has: so no long row is read that is not sent. */
  #page(limit: number, sql: string, ...bound: SqlValue[]): RowPage {
    const numbers = this.#statements.all(sql, ...bound, limitOf(limit + 1));
    const rows: Row[] = [];
    let characters = 0;
    for (const { number = null } of numbers.slice(0, limit)) {
      const found = this.#statements.get(LOAD_NUMBER, number);
      // Only in a damaged file: nothing else writes between the two.
      if (found === undefined) continue;
      const row = rowOf(found, this.#opening);
      characters += charactersOfRow(row);
      if (rows.length > 0 && characters > LIMITS.storeBurstCharacters) break;
      rows.push(row);
    }
    return { rows, more: rows.length > 0 && rows.length < numbers.length };
  }

  #count({ principal }: CallOf<'count'>): Answer {
    const bound = typeof principal === 'string' ? [principal] : [];
    const row = this.#statements.get(countOf(whoseOf(principal)), ...bound);
    return { value: Number(row?.['n']) };
  }

  #alive({ at }: CallOf<'alive'>): Answer {
    const noted = this.#statements.get(META, ALIVE)?.['value'];
    const highest = noted === undefined ? null : Number(noted);
    if (highest === null || at > highest) this.#statements.run(SET_META, ALIVE, at);
    return { value: highest };
  }

  #isThere(id: string): boolean {
    return this.#statements.get(IS_THERE, id) !== undefined;
  }
}
