import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreOpenError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { JournalEntry, SessionRecord } from '../contract.ts';
import type { Call, EntryRow, RowPage, Values } from './calls.ts';
import { recordOf } from './records.ts';
import { openDatabase } from './thread/database.ts';
import { type Database, type Driver, loadDriver } from './thread/driver.ts';
import { openError } from './thread/open-folder.ts';
import { lastOpening, RecordCalls } from './thread/record-calls.ts';
import { rollBack, UnusableDatabase } from './thread/schema.ts';
import { ALIVE, META } from './thread/statements.ts';

/** A folder as it was at one moment, whoever has it: nothing is locked, and nothing is changed. Synchronous. */
export interface FolderReader {
  /** The highest wall time at which a process served it, ms since the epoch; `null`: none did. */
  readonly aliveAt: number | null;
  /**
   * Whether a process has the folder now, by its lock, which goes with the process however it ends; `null`: that cannot be
   * seen. Whoever takes the folder at that very instant may have to ask again.
   */
  isHeld(): boolean | null;
  /** How many sessions there are, ended ones included. */
  readonly size: number;
  /** One whose JSON is damaged is given as `DAMAGED_SCHEMA` says. */
  record(id: string): SessionRecord | null;
  /** All of them, in the order of their ids, a few in memory at a time. Damaged ones likewise. */
  records(): Generator<SessionRecord, void, undefined>;
  /** A session's journal, oldest first, likewise. The data of an entry whose JSON is damaged is `DAMAGED_ENTRY`. */
  entries(id: string): Generator<JournalEntry, void, undefined>;
  /** Twice is once. */
  close(): void;
}

/**
 * Reads a folder beside the process that serves it, or after one that crashed. It sees one moment until it is closed; what
 * is written meanwhile stays in the log beside the database for as long, so do not keep it.
 *
 * @throws StoreOpenError where there is no store, or it cannot be read; MissingPackageError
 */
export const openReader = async (folder: string): Promise<FolderReader> => {
  const path = databaseIn(folder);
  const driver = await loadDriver();
  let database: Database;
  try {
    database = openDatabase(driver, path, { readOnly: true });
  } catch (error) {
    if (!(error instanceof UnusableDatabase)) throw error;
    throw openError(path, error.reason, error);
  }
  try {
    // The first statement after it says which moment.
    database.exec('BEGIN');
    const calls = new RecordCalls(database, driver, lastOpening(database));
    return readerOf(database, calls, () => isHeld(folder, driver));
  } catch (error) {
    database.close();
    throw openError(path, 'failed', error);
  }
};

/** The database of a folder that is there. @throws StoreOpenError where none is */
export const databaseIn = (folder: string): string => {
  const path = join(folder, 'sessions.db');
  if (existsSync(path)) return path;
  throw new StoreOpenError(
    'not-a-store',
    `${whatIsAt(folder)} Give the folder that a server keeps its sessions in.`,
  );
};

const whatIsAt = (folder: string): string => {
  if (!existsSync(folder)) return `There is no folder ${folder}: nothing was ever kept there.`;
  return statSync(folder).isDirectory()
    ? `There is no store in ${folder}: nothing was ever kept there.`
    : `${folder} is a file.`;
};

/** SQLite's result code for a lock that another one has. */
const BUSY = 5;

/** Only reads: a lock that is had lets nobody read. */
const isHeld = (folder: string, driver: Driver): boolean | null => {
  try {
    const lock = driver.open(join(folder, 'owner.db'), { readOnly: true });
    try {
      lock.exec('PRAGMA busy_timeout = 0');
      lock.exec('SELECT count(*) FROM sqlite_master');
      return false;
    } catch (error) {
      return driver.codeOf(error) === BUSY ? true : null;
    } finally {
      lock.close();
    }
  } catch {
    // It is not there, or not for this user.
    return null;
  }
};

const readerOf = (
  database: Database,
  calls: RecordCalls,
  isHeld: FolderReader['isHeld'],
): FolderReader => {
  const ask = <Op extends 'load' | 'list' | 'readJournal'>(
    call: Extract<Call, { op: Op }>,
  ): Values[Op] => {
    const answer = calls.answer(call);
    // A read is never refused, and what fails throws.
    if (!('value' in answer)) throw new Error('A read was not answered.');
    return answer.value as Values[Op]; // The answer to this call.
  };
  let isOpen = true;
  const alive = database.prepare(META).get(ALIVE)?.['value'];
  return {
    aliveAt: typeof alive === 'number' ? alive : null,
    isHeld,
    size: Number(database.prepare('SELECT count(*) AS n FROM sessions').get()?.['n']),
    record: (id) => {
      const row = ask({ op: 'load', id });
      return row === null ? null : recordOf(row);
    },
    *records() {
      let cursor: string | null = null;
      for (;;) {
        const limit = LIMITS.readerPage;
        const call: Extract<Call, { op: 'list' }> = {
          op: 'list',
          state: null,
          principal: undefined,
          cursor,
          limit,
        };
        const { rows, more }: RowPage = ask<'list'>(call);
        for (const row of rows) yield recordOf(row);
        cursor = rows.at(-1)?.id ?? null;
        if (!more) return;
      }
    },
    *entries(id) {
      let after = 0;
      for (;;) {
        const limit = LIMITS.readerPage;
        const rows: readonly EntryRow[] = ask({ op: 'readJournal', id, after, limit });
        for (const { seq, epoch, data } of rows) yield { seq, epoch, data: dataIn(data) };
        after = rows.at(-1)?.seq ?? after;
        if (rows.length < limit) return;
      }
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      // `libsql` lets go of a database later than it says: the moment must be given up by itself, or the writer waits for it.
      rollBack(database);
      database.close();
    },
  };
};

/** In place of a journal entry whose JSON is damaged: of a kind that every reader passes over. */
export const DAMAGED_ENTRY = Object.freeze({ kind: 'damaged' });

const dataIn = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return DAMAGED_ENTRY;
  }
};
