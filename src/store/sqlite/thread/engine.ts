import { planted } from '../../../planted.ts';
import { type Answer, type Call, isRead } from '../calls.ts';
import type { Database, Driver } from './driver.ts';
import { RecordCalls } from './record-calls.ts';
import { COUNT_UP, META, OPENING } from './statements.ts';
import { Transactions } from './transactions.ts';

/**
 * Does calls in groups: one transaction a group, so that many share one sync of the disk. Synchronous: it belongs into a
 * thread of its own. It takes the database as its own, and closes it.
 */
export class Engine {
  readonly #database: Database;
  readonly #transactions: Transactions;
  readonly #calls: RecordCalls;

  /**
   * Opens the store once more: whoever held a record before holds it no longer. Durable when this returns. Throws what
   * SQLite says; the database is closed then.
   *
   * @param database as `openDatabase` gives it; with the right to write.
   */
  constructor(database: Database, driver: Driver) {
    this.#database = database;
    this.#transactions = new Transactions(database, driver);
    const count = planted('held-over-restart') ? META : COUNT_UP;
    const opened = this.#transactions.run(() =>
      Number(database.prepare(count).get(OPENING)?.['value']),
    );
    if (!('value' in opened)) {
      database.close();
      throw opened.error;
    }
    this.#calls = new RecordCalls(database, driver, opened.value);
  }

  /**
   * Does the calls in their order and answers each, after all of it is durable. A call that is refused, or that alone
   * cannot be done, keeps none of the others back. Throws nothing.
   */
  run(group: readonly Call[]): readonly Answer[] {
    // What only reads needs no transaction, and so no sync.
    if (group.every(isRead)) return group.map((call) => this.#read(call));
    const together = this.#transactions.run(() => group.map((call) => this.#calls.answer(call)));
    if ('value' in together) return together.value;
    const { failedAt, failure } = together;
    if (failedAt === 'begin' || failure.unknown || group.length === 1) {
      return group.map((call) => (isRead(call) ? this.#read(call) : { failed: failure }));
    }
    // One of them cannot be done, or all of them are too much: each gets its own answer.
    return group.map((call) => (isRead(call) ? this.#read(call) : this.#alone(call)));
  }

  /** Closes the database; nothing works afterwards. Twice is once. */
  close(): void {
    this.#database.close();
  }

  #alone(call: Call): Answer {
    const done = this.#transactions.run(() => this.#calls.answer(call));
    return 'value' in done ? done.value : { failed: done.failure };
  }

  #read(call: Call): Answer {
    const doubt = this.#transactions.settle();
    if (doubt !== null) return { failed: doubt.failure };
    try {
      return this.#calls.answer(call);
    } catch (error) {
      return { failed: this.#transactions.failureOf(error) };
    }
  }
}
