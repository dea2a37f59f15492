import { join } from 'node:path';
import { StoreOpenError, type StoreOpenReason } from '../../../errors.ts';
import { type Answer, type Call, type Failure, isRead } from '../calls.ts';
import type { FolderOptions } from '../thread-messages.ts';
import { openDatabase } from './database.ts';
import type { Database, Driver } from './driver.ts';
import { Engine } from './engine.ts';
import { FileIdentity } from './file-identity.ts';
import { type FolderHolder, FolderOwner, makePrivate } from './folder-owner.ts';
import { UnusableDatabase } from './schema.ts';

/** A folder that is owned, and its database. */
export interface OpenFolder {
  /** Does the calls in one transaction; answers in their order, once it is durable. Fails for good where the folder is lost. */
  run(group: readonly Call[]): readonly Answer[];
  /** Closes the database, which writes all of it into its one file, and gives the folder up. */
  close(): void;
}

/**
 * Takes a folder that is there, and opens the database in it; `null`: another one has the folder.
 *
 * @throws StoreOpenError
 */
export const openFolder = (
  { folder, maxBytes }: FolderOptions,
  driver: Driver,
  holder: FolderHolder,
): OpenFolder | null => {
  const owner = ownerOf(folder, driver, holder);
  if (owner === null) return null;
  try {
    const path = join(folder, 'sessions.db');
    const engine = engineAt(path, driver, maxBytes);
    const database = new FileIdentity([path]);
    const isLost = (): boolean => owner.isLost() || database.isGone();
    return {
      run: whileThere(folder, isLost, (group) => engine.run(group)),
      close: () => {
        engine.close();
        owner.release();
      },
    };
  } catch (error) {
    owner.release();
    throw error;
  }
};

/**
 * Runs groups as long as the folder is there, looking before each that writes. Once it is lost nothing is done any more,
 * even if it comes back: meanwhile another process could have had it.
 */
const whileThere = (
  folder: string,
  isLost: () => boolean,
  run: OpenFolder['run'],
): OpenFolder['run'] => {
  const message = `the folder ${folder} was removed or replaced: stop this process`;
  const failed: Failure = { code: null, message, unknown: false, final: true };
  let lost = false;
  return (group) => {
    lost ||= !group.every(isRead) && isLost();
    return lost ? group.map(() => ({ failed })) : run(group);
  };
};

/** Takes a folder that is there; `null`: another one has it. @throws StoreOpenError */
export const ownerOf = (
  folder: string,
  driver: Driver,
  holder: FolderHolder,
): FolderOwner | null => {
  try {
    return FolderOwner.take(folder, driver, holder);
  } catch (error) {
    throw asOpenError(join(folder, 'owner.db'), driver, error);
  }
};

/** Opens the database at a path, or makes it, for its user alone. @throws StoreOpenError */
export const databaseAt = (path: string, driver: Driver, maxBytes: number | null): Database => {
  try {
    // What SQLite makes beside it gets the same rights.
    makePrivate(path);
    return openDatabase(driver, path, maxBytes === null ? {} : { maxBytes });
  } catch (error) {
    throw asOpenError(path, driver, error);
  }
};

const engineAt = (path: string, driver: Driver, maxBytes: number | null): Engine => {
  const database = databaseAt(path, driver, maxBytes);
  try {
    return new Engine(database, driver);
  } catch (error) {
    throw asOpenError(path, driver, error);
  }
};

const asOpenError = (path: string, driver: Driver, error: unknown): StoreOpenError =>
  openError(
    path,
    error instanceof UnusableDatabase ? error.reason : reasonOf(error, driver),
    error,
  );

/** What is wrong with a file, by SQLite's result code or the system's. */
const reasonOf = (error: unknown, driver: Driver): StoreOpenReason => {
  const code = driver.codeOf(error) ?? (error instanceof Error && 'code' in error && error.code);
  if (code === 11 || code === 26) return 'not-a-store';
  const denied = [3, 8, 14, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR'];
  return denied.some((one) => one === code) ? 'not-writable' : 'failed';
};

/** What was expected, and what to do. */
const ADVICE: Readonly<Record<StoreOpenReason, string>> = {
  'in-use': 'Only one process may have it at a time.',
  'newer-schema': 'Start the newer version of Holdfast that wrote it, or give another folder.',
  'not-writable':
    'It must be a file in a folder that this user may read and write: change that, or give another folder.',
  'not-a-store':
    'It must be a database that Holdfast made, and whole: give another folder, or move it away.',
  failed: 'Mend what it says, and start again.',
};

/** What keeps a store from being opened, with what was expected and what to do. */
export const openError = (
  path: string,
  reason: StoreOpenReason,
  error: unknown,
): StoreOpenError => {
  const said = error instanceof Error ? error.message : String(error);
  return new StoreOpenError(
    reason,
    `The store ${path} cannot be opened: ${said}. ${ADVICE[reason]}`,
    error,
  );
};
