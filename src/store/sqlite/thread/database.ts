import type { Database, Driver } from './driver.ts';
import { answerOf, MIGRATIONS, migrate, schemaVersion, UnusableDatabase } from './schema.ts';

/** How a database is opened. */
export interface DatabaseOptions {
  /** Its quota, bytes of the file; what is in it already stays. Default: none. At least one page. */
  readonly maxBytes?: number;
  /** Opens one that is there, beside the process that writes it, and changes nothing. Default `false`. */
  readonly readOnly?: boolean;
}

/** How long a statement waits for another connection, ms: readers in other processes hold the file for moments only. */
const BUSY_MS = 5_000;

/** Likewise while it is closed, ms: an export beside it may go on for long, and whoever waits for the folder waits as well. */
const CLOSING_BUSY_MS = 100;

/** The log beside the database is cut to this after a burst, bytes. */
const LOG_BYTES = 64 * 1024 * 1024;

const READONLY_CODES: readonly number[] = [3, 8, 14];
const FOREIGN_CODES: readonly number[] = [26];

/**
 * Opens the database of a store: makes it where there is none, and brings its schema up to date.
 *
 * @throws UnusableDatabase where that cannot be: the message says what is wrong with it, as in "it is …".
 */
export const openDatabase = (
  driver: Driver,
  path: string,
  options: DatabaseOptions = {},
): Database => {
  let database: Database | null = null;
  try {
    database = driver.open(path, { readOnly: options.readOnly ?? false });
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    if (options.readOnly) {
      assertUpToDate(database);
      return database;
    }
    // Before anything is written: what belongs to somebody else stays as it is.
    schemaVersion(database);
    configure(database, options);
    migrate(database);
    return emptyingItsLog(database);
  } catch (error) {
    database?.close();
    throw error instanceof UnusableDatabase ? error : unusable(error, driver);
  }
};

/** With `libsql` a closed database is let go of only when its statements are collected: so its log would stay behind, full. */
const emptyingItsLog = (database: Database): Database => ({
  exec: (sql) => database.exec(sql),
  prepare: (sql) => database.prepare(sql),
  close: () => {
    try {
      database.exec(`PRAGMA busy_timeout = ${CLOSING_BUSY_MS}`);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Closed already, or its disk does not let it: the next opening reads the log.
    }
    database.close();
  },
});

/** A reader cannot migrate. */
const assertUpToDate = (database: Database): void => {
  const version = schemaVersion(database);
  if (version === MIGRATIONS.length) return;
  const message =
    version === 0
      ? 'nothing is in it yet'
      : `its schema has version ${version}, which the next process that serves it brings up to ${MIGRATIONS.length}`;
  throw new UnusableDatabase('failed', message);
};

const configure = (database: Database, { maxBytes }: DatabaseOptions): void => {
  const mode = answerOf(database, 'PRAGMA journal_mode = WAL', 'journal_mode');
  // A database in memory has no log.
  if (mode !== 'wal' && mode !== 'memory') {
    const message = `its disk cannot keep a write-ahead log (journal mode ${String(mode)}): a network disk?`;
    throw new UnusableDatabase('failed', message);
  }
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
  // What a statement needs to take itself back: never a file of its own.
  database.exec('PRAGMA temp_store = MEMORY');
  if (maxBytes === undefined) return;
  const pageBytes = Number(answerOf(database, 'PRAGMA page_size', 'page_size'));
  const pages = Math.max(1, Math.floor(maxBytes / pageBytes));
  database.exec(`PRAGMA max_page_count = ${pages}`);
};

const unusable = (error: unknown, driver: Driver): UnusableDatabase => {
  const code = driver.codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code !== null && READONLY_CODES.includes(code)) {
    return new UnusableDatabase('not-writable', message, error);
  }
  const reason = code !== null && FOREIGN_CODES.includes(code) ? 'not-a-store' : 'failed';
  return new UnusableDatabase(reason, message, error);
};
