import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Driver } from './driver.ts';
import { FileIdentity } from './file-identity.ts';
import { rollBack } from './schema.ts';

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
  readonly #folder: string;
  readonly #holder: FolderHolder;
  readonly #lock: FileIdentity;

  private constructor(
    database: Database,
    folder: string,
    holder: FolderHolder,
    lock: FileIdentity,
  ) {
    this.#database = database;
    this.#folder = folder;
    this.#holder = holder;
    this.#lock = lock;
  }

  /** Takes a folder that is there; `null`: another one has it. @throws what SQLite or the file system says */
  static take(folder: string, driver: Driver, holder: FolderHolder): FolderOwner | null {
    const path = join(folder, 'owner.db');
    makePrivate(path);
    // From before it is opened: so what is locked is what is looked at.
    const lock = new FileIdentity([path]);
    const database = driver.open(path);
    try {
      database.exec('PRAGMA busy_timeout = 0');
      database.exec('BEGIN EXCLUSIVE');
      if (lock.isGone()) throw new Error('it was removed or replaced while it was opened');
    } catch (error) {
      database.close();
      if (driver.codeOf(error) === BUSY) return null;
      throw error;
    }
    leaveNote(noteIn(folder), holder);
    return new FolderOwner(database, folder, holder, lock);
  }

  /** Whether the folder was removed or replaced, so that another process can have what is at its path now. */
  isLost(): boolean {
    return this.#lock.isGone();
  }

  /** Gives it up. Throws nothing. */
  release(): void {
    // While it is ours: nobody else's note can come in between.
    this.#takeNote();
    rollBack(this.#database);
    this.#database.close();
  }

  /** The note of whoever has the folder that is there now stays. */
  #takeNote(): void {
    const told = holderOf(this.#folder);
    if (told === null || this.isLost()) return;
    if (told.pid !== this.#holder.pid || told.since !== this.#holder.since) return;
    removeNote(noteIn(this.#folder));
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
    removeNote(aside);
    removeNote(path);
  }
};

/** Where it cannot be removed, it stays: no note is worth a folder. */
const removeNote = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // A folder of that name, or one that nobody may write to.
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
