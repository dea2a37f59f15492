import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreError, StoreOpenError } from '../../errors.ts';
import { mintToken } from '../../identity/token.ts';
import { systemClock } from '../../time/system-clock.ts';
import type { JournalEntry, SessionRecord } from '../contract.ts';
import { FULL, SqliteFailure } from './failures.ts';
import { makeFolder } from './make-folder.ts';
import { recordOf } from './records.ts';
import { type Database, type Driver, loadDriver } from './thread/driver.ts';
import { type FolderOwner, holderOf } from './thread/folder-owner.ts';
import { databaseAt, ownerOf } from './thread/open-folder.ts';
import { lastOpening } from './thread/record-calls.ts';
import { rollBack } from './thread/schema.ts';
import { rowOf } from './thread/sql-rows.ts';
import { StatementCache } from './thread/statement-cache.ts';
import { APPEND, FIND, FIND_ANONYMOUS, LOAD, REMOVE, REMOVE_JOURNAL } from './thread/statements.ts';

/** A record as it is taken in: it gets a token of its own, and nobody holds it. */
export type TakenRecord = Omit<SessionRecord, 'token' | 'owner'>;

/** What stands in the way of a record. `twice`: the same id was put here before by the same writer. */
export type InTheWay = 'id' | 'key' | 'twice';

/** Changes a folder that no server has, in the one transaction that is open. Synchronous; throws what SQLite says. */
export interface FolderWriter {
  /** What keeps this record from being put here; `null`: nothing does. */
  inTheWay(record: TakenRecord): InTheWay | null;
  /** Puts a record that nothing is in the way of. Its journal is put after it, entry by entry. */
  put(record: TakenRecord): void;
  /** Puts an entry into the journal of the record that was put last. */
  append(entry: JournalEntry): void;
  /** The record of a session; `null`: there is none. A damaged one is given as `DAMAGED_SCHEMA` says. */
  record(id: string): SessionRecord | null;
  /** Records of sessions that have ended, in the order of their ids, at most `limit`, after the one with the id `after`. */
  ended(after: string, limit: number): readonly SessionRecord[];
  /** Removes a record and its journal. */
  remove(id: string): void;
}

/** A folder that this process has: no server can have it meanwhile. */
export interface OwnedFolder {
  /**
   * Does all of `work`, or, where that throws, nothing: what it returns is durable. Between its steps other work of the
   * process is let in where it waits. One at a time. What SQLite says is thrown as a `StoreError`.
   */
  change<T>(work: (writer: FolderWriter) => T | Promise<T>): Promise<T>;
  /** Gives it up. Twice is once. */
  close(): void;
  /**
   * Gives it up as if it had never been taken: what of a store, and which folders, were made for that are removed. What
   * was there before stays, with all that was changed in it. Throws nothing for what cannot be removed. Twice is once.
   */
  undo(): void;
}

/**
 * Takes a folder for changes past the runtime: to take sessions in, or remove them.
 *
 * @param make whether a folder that is not there is made.
 * @throws StoreOpenError (`in-use` where a server has it), MissingPackageError
 */
export const ownFolder = async (folder: string, make = false): Promise<OwnedFolder> => {
  const folders = make ? makeFolder(folder) : [];
  const driver = await loadDriver();
  const since = systemClock().wall();
  const lock = join(folder, 'owner.db');
  const hadLock = existsSync(lock);
  const owner = ownerOf(folder, driver, { pid: process.pid, host: hostname(), since });
  if (owner === null) throw inUse(folder);
  try {
    const path = join(folder, 'sessions.db');
    // Asked while it is ours: nobody else can make one by now.
    const hadStore = existsSync(path);
    const database = databaseAt(path, driver, null);
    const made = { files: hadStore ? [] : madeIn(folder, hadLock), folders };
    return owned(owner, database, driver, made);
  } catch (error) {
    owner.release();
    throw error;
  }
};

/** What was made to take a folder. */
interface Made {
  readonly files: readonly string[];
  /** The outermost first. */
  readonly folders: readonly string[];
}

/** What a store of one's own is made of. The lock comes last: until then nobody else makes anything there. */
const madeIn = (folder: string, hadLock: boolean): readonly string[] =>
  ['sessions.db-wal', 'sessions.db-shm', 'sessions.db', 'owner.json']
    .concat(hadLock ? [] : ['owner.db'])
    .map((name) => join(folder, name));

/** What cannot be removed stays: a store without sessions does no harm. */
const removed = (paths: readonly string[], remove: (path: string) => void): void => {
  try {
    for (const path of paths) remove(path);
  } catch {
    // A folder that somebody put something into meanwhile, or one of a disk that failed.
  }
};

const inUse = (folder: string): StoreOpenError => {
  const holder = holderOf(folder);
  const who = holder === null ? 'another process' : `process ${holder.pid}`;
  return new StoreOpenError(
    'in-use',
    `The folder ${folder} is held by ${who}, a server most likely. This changes the folder: stop that process first.`,
  );
};

const owned = (owner: FolderOwner, database: Database, driver: Driver, made: Made): OwnedFolder => {
  let isOpen = true;
  const giveUp = ({ files, folders }: Made): void => {
    if (!isOpen) return;
    isOpen = false;
    database.close();
    // While it is ours, or they could be another one's by then. Its journal goes with the lock.
    removed(files, (file) => rmSync(file, { force: true }));
    owner.release();
    // The innermost first.
    removed([...folders].reverse(), rmdirSync);
  };
  return {
    change: async (work) => {
      try {
        database.exec('BEGIN IMMEDIATE');
        const result = await work(writerOn(database));
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(database);
        throw failureOf(error, driver);
      }
    },
    close: () => giveUp({ files: [], folders: [] }),
    undo: () => giveUp(made),
  };
};

/** What SQLite says, as an error of the store; anything else is the work's own. */
const failureOf = (error: unknown, driver: Driver): unknown => {
  const code = driver.codeOf(error);
  if (code === null || !(error instanceof Error)) return error;
  const { message } = error;
  const what = code === FULL ? 'the disk is full' : `SQLite says "${message}"`;
  return new StoreError(what, new SqliteFailure({ code, message }));
};

const PUT = `INSERT INTO sessions (id, token, principal, key, epoch, owner, opening, state, due_at, due_deadline,
    journal_seq, schema, session, snapshot)
  VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`;
const NUMBER = 'SELECT number FROM sessions WHERE id = ?';
const ENDED = "SELECT * FROM sessions WHERE state = 'terminated' AND id > ? ORDER BY id LIMIT ?";

const writerOn = (database: Database): FolderWriter => {
  const statements = new StatementCache(database);
  const opening = lastOpening(database);
  // A new row has a higher number than all there are.
  const highest = Number(
    database.prepare('SELECT max(number) AS n FROM sessions').get()?.['n'] ?? 0,
  );
  let last = 0;
  return {
    inTheWay: ({ id, principal, key, state }) => {
      const there = statements.get(NUMBER, id);
      if (there !== undefined) return Number(there['number']) > highest ? 'twice' : 'id';
      if (key === null || state === 'terminated') return null;
      const holder =
        principal === null
          ? statements.get(FIND_ANONYMOUS, key)
          : statements.get(FIND, principal, key);
      return holder === undefined ? null : 'key';
    },
    put: (record) => {
      const row = statements.get(PUT, ...valuesOf(record, opening));
      last = Number(row?.['number']);
    },
    append: ({ seq, epoch, data }) => {
      statements.run(APPEND, last, seq, epoch, JSON.stringify(data));
    },
    record: (id) => {
      const row = statements.get(LOAD, id);
      return row === undefined ? null : recordOf(rowOf(row, opening));
    },
    ended: (after, limit) =>
      statements.all(ENDED, after, limit).map((row) => recordOf(rowOf(row, opening))),
    remove: (id) => {
      const token = statements.get(LOAD, id)?.['token'] ?? null;
      const row = statements.get(REMOVE, id, token);
      if (row !== undefined) statements.run(REMOVE_JOURNAL, Number(row['number']));
    },
  };
};

const valuesOf = (record: TakenRecord, opening: number) => [
  record.id,
  mintToken(),
  record.principal,
  record.key,
  record.epoch,
  opening,
  record.state,
  record.due?.at ?? null,
  record.due?.deadline ?? null,
  record.journalSeq,
  record.schema,
  JSON.stringify(record.session),
  JSON.stringify(record.snapshot ?? null),
];
