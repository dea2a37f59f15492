import { planted } from '../../../planted.ts';
import type { Failure } from '../calls.ts';
import type { Database, Driver } from './driver.ts';
import { rollBack } from './schema.ts';
import { COUNT_UP, SETTLED } from './statements.ts';

/** SQLite's codes for a commit that certainly did not happen: the file is busy, the disk is full. */
const CERTAIN_AT_COMMIT: readonly (number | null)[] = [5, 13];

/** SQLite's general code: here, that a transaction is there already. */
const GENERAL = 1;

/** Where a transaction failed. Nothing of it is in the database, unless `failure` is `unknown`. */
export interface Undone {
  readonly failedAt: 'begin' | 'inside' | 'commit';
  readonly failure: Failure;
  /** What was thrown. */
  readonly error: unknown;
}

/** What became of a transaction. */
export type Outcome<T> = { readonly value: T } | Undone;

/**
 * Transactions that write, one after another. Where one fails while it is made durable, its pages may be in the log
 * though nobody sees them, and the next start would find them there: then nothing is known before another transaction
 * was written over them, which `settle` does.
 */
export class Transactions {
  readonly #database: Database;
  readonly #driver: Driver;
  #isInDoubt = false;

  constructor(database: Database, driver: Driver) {
    this.#database = database;
    this.#driver = driver;
  }

  /** What SQLite refused, as it is told. */
  failureOf(error: unknown, unknown = false): Failure {
    const message = error instanceof Error ? error.message : String(error);
    return { code: this.#driver.codeOf(error), message, unknown };
  }

  /** Ends a doubt, so that what is read is what is durable. `null`: there is none any more. */
  settle(): Undone | null {
    if (!this.#isInDoubt || planted('doubt-left-open')) return null;
    this.#isInDoubt = false;
    const done = this.run(() => this.#database.prepare(COUNT_UP).get(SETTLED));
    if ('value' in done) return null;
    this.#isInDoubt = true;
    // The doubt is about an earlier one: of what is asked now, nothing was done.
    return { ...done, failedAt: 'begin', failure: { ...done.failure, unknown: false } };
  }

  /** Does `body` in a transaction; what it returns is durable. What it throws becomes the failure. */
  run<T>(body: () => T): Outcome<T> {
    const doubt = this.settle();
    if (doubt !== null) return doubt;
    try {
      this.#begin();
    } catch (error) {
      return { failedAt: 'begin', failure: this.failureOf(error), error };
    }
    let value: T;
    try {
      value = body();
    } catch (error) {
      rollBack(this.#database);
      return { failedAt: 'inside', failure: this.failureOf(error), error };
    }
    try {
      this.#database.exec('COMMIT');
      return { value };
    } catch (error) {
      const isUnknown = !CERTAIN_AT_COMMIT.includes(this.#driver.codeOf(error));
      this.#isInDoubt = isUnknown;
      rollBack(this.#database);
      if (planted('failed-commit-acknowledged')) return { value };
      const isTold = isUnknown && !planted('doubt-told-as-certain');
      return { failedAt: 'commit', failure: this.failureOf(error, isTold), error };
    }
  }

  /** At once with the right to write, so that no statement in it can find the database busy. */
  #begin(): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (this.#driver.codeOf(error) !== GENERAL) throw error;
      // One is still there whose rollback failed.
      rollBack(this.#database);
      this.#database.exec('BEGIN IMMEDIATE');
    }
  }
}
