import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Driver } from './driver.ts';

/** Who has a folder, as it says in `owner.json`. */
export interface FolderHolder {
  /** Its process id on its host. */
  readonly pid: number;
  readonly host: string;
  /** Since when it has it, wall time, ms since the epoch. */
  readonly since: number;
}

/** SQLite's result code for a lock that another one has. */
const BUSY = 5;

/**
 * The one owner of a folder: an open exclusive transaction on `owner.db`. The lock is the operating system's, so that it
 * goes with the process however it ends, and stays while the process is only stopped. `owner.json` says to others who it
 * is; it is of no account for who may have the folder, so what a killed process left there does no harm.
 *
 * The trap: a process that opens `owner.db` past SQLite, and closes it again, loses the lock.
 */
export class FolderOwner {
  readonly #database: Database;
  readonly #note: string;

  private constructor(database: Database, note: string) {
    this.#database = database;
    this.#note = note;
  }

  /** Takes a folder that is there; `null`: another one has it. @throws what SQLite or the file system says */
  static take(folder: string, driver: Driver, holder: FolderHolder): FolderOwner | null {
    const path = join(folder, 'owner.db');
    makePrivate(path);
    const database = driver.open(path);
    try {
      database.exec('PRAGMA busy_timeout = 0');
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if (driver.codeOf(error) === BUSY) return null;
      throw error;
    }
    const note = noteIn(folder);
    leaveNote(note, holder);
    return new FolderOwner(database, note);
  }

  /** Gives it up. */
  release(): void {
    rmSync(this.#note, { force: true });
    this.#database.exec('ROLLBACK');
    this.#database.close();
  }
}

/** Who says to have a folder; `null` where nobody does, or it cannot be read. */
export const holderOf = (folder: string): FolderHolder | null => {
  try {
    const told: unknown = JSON.parse(readFileSync(noteIn(folder), 'utf8'));
    return isHolder(told) ? { pid: told.pid, host: told.host, since: told.since } : null;
  } catch {
    return null;
  }
};

/**
 * Makes a file that only its user may read, where there is none. One that is there is not touched: to open it would cost
 * another thread of this process its lock.
 */
export const makePrivate = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
};

const noteIn = (folder: string): string => join(folder, 'owner.json');

/** Written aside and renamed, so that nobody reads half of it. Without it the folder is owned all the same. */
const leaveNote = (path: string, holder: FolderHolder): void => {
  const aside = `${path}.${holder.pid}`;
  try {
    writeFileSync(aside, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    renameSync(aside, path);
  } catch {
    // A note of somebody before would be a lie.
    rmSync(aside, { force: true });
    rmSync(path, { force: true });
  }
};

const isHolder = (told: unknown): told is FolderHolder =>
  typeof told === 'object' &&
  told !== null &&
  'pid' in told &&
  typeof told.pid === 'number' &&
  'host' in told &&
  typeof told.host === 'string' &&
  'since' in told &&
  typeof told.since === 'number';
