import { planted } from '../../../planted.ts';
import type { Database, SqlValue } from './driver.ts';
import { OPENING, SETTLED } from './statements.ts';

/** Marks a database file as ours, in its header: "Hold" in ASCII. */
export const APPLICATION_ID = 0x48_6f_6c_64;

/**
 * What makes a database of version n one of version n + 1, at index n. Once released, an entry is never changed.
 *
 * - The big columns are the last ones, so that the small ones are read without them.
 * - `number` stands for a session in the journal, so that a new id costs no more than its row.
 * - Two indexes for the owner's own key, because NULLs are distinct in an index: anonymous keys would not be unique.
 * - `due_at` is REAL: a wall time may have a fraction.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (
     name TEXT PRIMARY KEY,
     value REAL NOT NULL
   ) WITHOUT ROWID;
   INSERT INTO meta (name, value) VALUES ('${OPENING}', 0), ('${SETTLED}', 0);
   CREATE TABLE sessions (
     number INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     token TEXT NOT NULL,
     principal TEXT,
     key TEXT,
     epoch INTEGER NOT NULL,
     owner TEXT,
     opening INTEGER NOT NULL,
     state TEXT NOT NULL,
     due_at REAL,
     due_deadline TEXT,
     journal_seq INTEGER NOT NULL,
     schema INTEGER NOT NULL,
     session TEXT NOT NULL,
     snapshot TEXT NOT NULL
   );
   CREATE INDEX sessions_due ON sessions (due_at, id) WHERE due_at IS NOT NULL;
   CREATE INDEX sessions_principal ON sessions (principal, id);
   CREATE INDEX sessions_living ON sessions (principal) WHERE state <> 'terminated';
   CREATE UNIQUE INDEX sessions_key ON sessions (principal, key)
     WHERE principal IS NOT NULL AND key IS NOT NULL AND state <> 'terminated';
   CREATE UNIQUE INDEX sessions_key_anonymous ON sessions (key)
     WHERE principal IS NULL AND key IS NOT NULL AND state <> 'terminated';
   CREATE TABLE journal (
     session INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     epoch INTEGER NOT NULL,
     data TEXT NOT NULL,
     PRIMARY KEY (session, seq)
   ) WITHOUT ROWID;`,
];

/** What keeps a database from being used, told so that the opener can say what to do. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase';
  readonly reason: 'newer-schema' | 'not-a-store' | 'not-writable' | 'failed';

  constructor(reason: UnusableDatabase['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
  }
}

/** The only value that a pragma or a query answers with. */
export const answerOf = (database: Database, sql: string, column: string): SqlValue | undefined =>
  database.prepare(sql).get()?.[column];

/** The version of the schema in the file; 0: nothing is in it yet. @throws UnusableDatabase where it is no store of this or an older version. */
export const schemaVersion = (database: Database, latest: number = MIGRATIONS.length): number => {
  const version = Number(answerOf(database, 'PRAGMA user_version', 'user_version'));
  const mark = answerOf(database, 'PRAGMA application_id', 'application_id');
  if (mark !== APPLICATION_ID) {
    const tables = Number(answerOf(database, 'SELECT count(*) AS n FROM sqlite_master', 'n'));
    if (mark === 0 && version === 0 && tables === 0) return 0;
    throw new UnusableDatabase('not-a-store', 'it is a database of another program');
  }
  if (version > latest) {
    const message = `its schema has version ${version}, and this version of Holdfast knows those up to ${latest}`;
    throw new UnusableDatabase('newer-schema', message);
  }
  return version;
};

/** Brings the schema up to date: one transaction a step, so that what fails leaves a whole version. Throws what SQLite says, or `UnusableDatabase`. */
export const migrate = (database: Database, migrations: readonly string[] = MIGRATIONS): void => {
  const from = schemaVersion(database, migrations.length);
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(sql);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${index + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }
};

/** Ends a transaction that failed. SQLite may have done so by itself: then there is none, and it says that. */
export const rollBack = (database: Database): void => {
  try {
    database.exec(planted('half-group-kept') ? 'COMMIT' : 'ROLLBACK');
  } catch {
    // A transaction that is still there is found by the next BEGIN.
  }
};
