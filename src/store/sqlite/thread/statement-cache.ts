import type { Database, SqlRow, SqlValue, Statement } from './driver.ts';

/** The statements of one database, each prepared when it is first asked for. */
export class StatementCache {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many rows it made, changed or removed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#statement(sql).run(...values);
  }

  /** The first row; `undefined`: there is none. */
  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: SqlValue[]): readonly SqlRow[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): Statement {
    const there = this.#prepared.get(sql);
    if (there !== undefined) return there;
    const made = this.#database.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }
}
