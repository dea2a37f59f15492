import type {
  Database,
  Driver,
  SqlValue,
  Statement,
} from '../../src/store/sqlite/thread/driver.ts';

/** SQLite's result codes for what is made to happen. */
const CODES = { full: 13, 'I/O error': 10 } as const;
const SAID = { full: 'database or disk is full', 'I/O error': 'disk I/O error' } as const;

/** What the disk below SQLite does. */
export type DiskFault = keyof typeof CODES;

/** A fault that is thrown as a driver would throw it. */
export class MadeToFail extends Error {
  readonly code: number;

  constructor(fault: DiskFault) {
    super(SAID[fault]);
    this.code = CODES[fault];
  }
}

/** What befalls a statement that writes. */
export type WriteFault =
  | { readonly fault: DiskFault; readonly rollsBack: boolean }
  /** The process is killed here. */
  | 'crash';

/**
 * What befalls a COMMIT. `there`: it is done, and fails. `lost`: it is not done. `later`: it is not, but the log has all of
 * it, so that whoever opens the database after a crash finds it done, unless another one was written over it.
 */
export type CommitFault =
  | {
      readonly fault: DiskFault;
      readonly outcome: 'lost' | 'there' | 'later';
      readonly rollsBack: boolean;
    }
  | 'crash';

/** Asked before each statement that writes, and before each COMMIT, what is to befall it; `null`: nothing. */
export interface Faults {
  write(): WriteFault | null;
  commit(): CommitFault | null;
}

type Kind = 'begin' | 'commit' | 'roll back' | 'write' | 'other';

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^\s*BEGIN\b/i, 'begin'],
  [/^\s*(COMMIT|END)\b/i, 'commit'],
  [/^\s*ROLLBACK\s*;?\s*$/i, 'roll back'],
  [/^\s*(INSERT|UPDATE|DELETE|REPLACE)\b/i, 'write'],
];

const kindOf = (sql: string): Kind => KINDS.find(([shape]) => shape.test(sql))?.[1] ?? 'other';

/**
 * A database whose disk fails when it is told to. One world has one: it outlives the processes that open it, so closing
 * it does nothing.
 */
export class FailingDatabase implements Database {
  /** Transactions that were begun. */
  begun = 0;
  /** The process was killed in the middle: nothing works until the next one opens it. */
  killed = false;
  faults: Faults | null = null;
  readonly #inner: Database;
  /** What the transaction under way has written, to be done again. */
  #written: (() => void)[] = [];
  /** What a COMMIT that failed has left in the log; `null`: nothing. */
  #left: readonly (() => void)[] | null = null;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  exec(sql: string): void {
    this.#pass(kindOf(sql), () => this.#inner.exec(sql));
  }

  prepare(sql: string): Statement {
    const kind = kindOf(sql);
    const inner = this.#inner.prepare(sql);
    const through =
      <T>(use: (...values: SqlValue[]) => T) =>
      (...values: SqlValue[]): T =>
        this.#pass(kind, () => use(...values));
    return {
      run: through((...values) => inner.run(...values)),
      get: through((...values) => inner.get(...values)),
      all: through((...values) => inner.all(...values)),
    };
  }

  close(): void {}

  /** A process finds it: what the one before left in the log is there. Returns whether that was so. */
  recover(): boolean {
    this.killed = false;
    this.faults = null;
    const left = this.#left;
    this.#left = null;
    if (left === null) return false;
    this.#inner.exec('BEGIN IMMEDIATE');
    for (const again of left) again();
    this.#inner.exec('COMMIT');
    return true;
  }

  /** The process has closed it in order: the log is gone. */
  closed(): void {
    this.#left = null;
  }

  #pass<T>(kind: Kind, use: () => T): T {
    if (this.killed) throw new MadeToFail('I/O error');
    if (kind === 'begin') {
      this.begun += 1;
      this.#written = [];
    }
    if (kind === 'commit') return this.#commit(use);
    if (kind === 'write') {
      const fault = this.faults?.write() ?? null;
      if (fault === 'crash') throw this.#killed();
      if (fault !== null) throw this.#failed(fault.fault, fault.rollsBack);
    }
    const value = use();
    if (kind === 'write') this.#written.push(use);
    return value;
  }

  #commit<T>(use: () => T): T {
    const fault = this.faults?.commit() ?? null;
    if (fault === 'crash') throw this.#killed();
    if (fault === null || fault.outcome === 'there') {
      const value = use();
      // A transaction that wrote nothing leaves the log as it is.
      if (this.#written.length > 0) this.#left = null;
      if (fault === null) return value;
      throw new MadeToFail(fault.fault);
    }
    if (fault.outcome === 'later' && this.#written.length > 0) this.#left = this.#written;
    throw this.#failed(fault.fault, fault.rollsBack);
  }

  #failed(fault: DiskFault, rollsBack: boolean): MadeToFail {
    // SQLite may have taken the transaction back by itself.
    if (rollsBack) this.#inner.exec('ROLLBACK');
    return new MadeToFail(fault);
  }

  #killed(): MadeToFail {
    this.killed = true;
    return this.#failed('I/O error', true);
  }
}

/** The driver of a world that has one database. */
export const driverOf = (database: FailingDatabase, driver: Driver): Driver => ({
  name: driver.name,
  open: () => database,
  codeOf: (error) => (error instanceof MadeToFail ? error.code : driver.codeOf(error)),
});
