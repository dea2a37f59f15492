import type {
  Database,
  Driver,
  SqlValue,
  Statement,
} from '../../../../src/store/sqlite/thread/driver.ts';

/** One use of the database that may be made to fail. */
export interface Use {
  readonly how: 'exec' | 'prepare' | 'run' | 'get' | 'all';
  readonly sql: string;
}

/** What a use comes to: SQLite's code to throw, before it is done or after; `null`: it is done. */
export type Fault = { readonly code: number; readonly after?: boolean } | null;

/** What SQLite would throw. */
class Planned extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`planned ${code}`);
    this.code = code;
  }
}

/**
 * A driver whose databases fail as they are told to. Like SQLite, it rolls the transaction back by itself when the disk
 * is full or broken.
 *
 * @param faultOf asked at each use.
 */
export const faultyDriver = (driver: Driver, faultOf: (use: Use) => Fault): Driver => {
  const using = <T>(database: Database, use: Use, act: () => T): T => {
    const fault = faultOf(use);
    if (fault === null) return act();
    if (fault.after) act();
    else {
      try {
        database.exec('ROLLBACK');
      } catch {
        // There was no transaction.
      }
    }
    throw new Planned(fault.code);
  };
  const faulty = (database: Database): Database => ({
    exec: (sql) => using(database, { how: 'exec', sql }, () => database.exec(sql)),
    prepare: (sql) => {
      const statement = using(database, { how: 'prepare', sql }, () => database.prepare(sql));
      const uses = <How extends 'run' | 'get' | 'all'>(how: How) =>
        ((...values: SqlValue[]) =>
          using(database, { how, sql }, () => statement[how](...values))) as Statement[How];
      return { run: uses('run'), get: uses('get'), all: uses('all') };
    },
    close: () => database.close(),
  });
  return {
    name: driver.name,
    open: (path, options) => faulty(driver.open(path, options)),
    codeOf: (error) => (error instanceof Planned ? error.code : driver.codeOf(error)),
  };
};
