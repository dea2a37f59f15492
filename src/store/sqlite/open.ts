import { hostname } from 'node:os';
import { resolve } from 'node:path';
import {
  HoldfastError,
  InvalidOptionError,
  MissingPackageError,
  StoreOpenError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Clock } from '../../time/clock.ts';
import { systemClock } from '../../time/system-clock.ts';
import type { Store } from '../contract.ts';
import { SqliteFailure } from './failures.ts';
import { makeFolder } from './make-folder.ts';
import { SqliteStore } from './store.ts';
import type { FolderHolder } from './thread/folder-owner.ts';
import type { OpenReply } from './thread-messages.ts';
import { WorkerThread } from './worker-thread.ts';

/** Options of `openSqliteStore`. */
export interface SqliteStoreOptions {
  /** Where the sessions are kept: made where it is not there. One process has it at a time. */
  readonly folder: string;
  /** How long to wait for the process that has the folder, ms. From 0, which is not at all. Default 30 s. */
  readonly waitMs?: number;
  /** Told once, when another process has the folder: who it is, or `null` where that is not known. */
  readonly onWaiting?: (holder: FolderHolder | null) => void;
  /**
   * How large the database may grow, bytes; its log comes on top. What would need more is refused like on a full disk.
   * At least 1 MiB. Default: as the disk allows.
   */
  readonly maxBytes?: number;
  /** What it waits by. Default: the system's. */
  readonly clock?: Clock;
}

/** A database that holds next to nothing has this, bytes. */
const LEAST_MAX_BYTES = 1024 * 1024;

/**
 * Opens the durable store of one process: an SQLite database in a folder of its own, used by a worker thread. What it
 * acknowledges is on the disk. It keeps the process from exiting only while an answer is due; `close` it to hand the
 * folder on at once.
 *
 * @throws StoreOpenError where the folder or what is in it cannot be used, or another process has it for longer than
 * `waitMs`; MissingPackageError on a Node without SQLite (below 22.13) where `libsql` is not installed;
 * InvalidOptionError
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { folder, waitMs, onWaiting, maxBytes, clock } = checked(options);
  makeFolder(folder);
  const thread = new WorkerThread({ folder, maxBytes });
  const release = clock.hold?.();
  try {
    await taken(thread, folder, clock, waitMs, onWaiting);
  } catch (error) {
    await thread.close();
    throw error instanceof HoldfastError ? error : endedEarly(folder, error);
  } finally {
    release?.();
  }
  return new SqliteStore(thread, () => breath(clock));
};

type Checked = Required<Omit<SqliteStoreOptions, 'maxBytes'>> & {
  readonly maxBytes: number | null;
};

/** All of them, so that one that is misspelt is told and not passed over. */
const OPTIONS: Readonly<Record<keyof SqliteStoreOptions, true>> = {
  folder: true,
  waitMs: true,
  onWaiting: true,
  maxBytes: true,
  clock: true,
};

const assertKnown = (options: unknown): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const allowed = 'an object, such as { folder: "sessions" }';
    throw new InvalidOptionError('options', options, allowed);
  }
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const allowed = `left out: the options are ${Object.keys(OPTIONS).join(', ')}`;
    throw new InvalidOptionError(name, value, allowed);
  }
};

const checked = (options: SqliteStoreOptions): Checked => {
  assertKnown(options);
  const { folder, waitMs = LIMITS.storeWaitMs, maxBytes = null } = options;
  const { onWaiting = () => {}, clock = systemClock() } = options;
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) {
    throw new InvalidOptionError('folder', folder, 'the path of a folder');
  }
  // SQLite's own name for a database that is nowhere: nobody means a folder that is called so.
  if (folder === ':memory:') {
    const allowed = 'the path of a folder: what keeps nothing is createMemoryStore()';
    throw new InvalidOptionError('folder', folder, allowed);
  }
  if (typeof waitMs !== 'number' || !(waitMs >= 0)) {
    throw new InvalidOptionError('waitMs', waitMs, 'a number of ms, at least 0');
  }
  if (typeof onWaiting !== 'function') {
    throw new InvalidOptionError('onWaiting', onWaiting, 'a function');
  }
  if (maxBytes !== null && !(Number.isSafeInteger(maxBytes) && maxBytes >= LEAST_MAX_BYTES)) {
    throw new InvalidOptionError(
      'maxBytes',
      maxBytes,
      `a whole number of bytes, at least ${LEAST_MAX_BYTES}`,
    );
  }
  return { folder: resolve(folder), waitMs, onWaiting, maxBytes, clock };
};

/** Asks for the folder until the thread has it, or the time is over. */
const taken = async (
  thread: WorkerThread,
  folder: string,
  clock: Clock,
  waitMs: number,
  onWaiting: (holder: FolderHolder | null) => void,
): Promise<void> => {
  const until = clock.mono() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const reply = await thread.open(clock.wall());
    if (reply.open === 'opened') return;
    if (reply.open !== 'held') throw openError(reply);
    const leftMs = until - clock.mono();
    if (leftMs <= 0) throw inUse(folder, waitMs, reply.holder);
    if (isFirst) onWaiting(reply.holder);
    await pause(clock, Math.min(LIMITS.storeAskMs, leftMs));
  }
};

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.scheduler.schedule(() => resolve(), ms);
  });

/** Lets other work in. The thread owes nothing meanwhile, and the process has answers to give out. */
const breath = async (clock: Clock): Promise<void> => {
  const release = clock.hold?.();
  await pause(clock, 0);
  release?.();
};

/** The thread did not live to say why. */
const endedEarly = (folder: string, error: unknown): StoreOpenError => {
  const said = error instanceof Error ? error.message : String(error);
  return new StoreOpenError('failed', `The store ${folder} cannot be opened: ${said}`, error);
};

const openError = (reply: Exclude<OpenReply, { open: 'opened' | 'held' }>): Error => {
  if (reply.open === 'no-driver') {
    return new MissingPackageError('The SQLite store', ['libsql'], new Error(reply.message));
  }
  const cause = reply.cause === null ? undefined : new SqliteFailure(reply.cause);
  return new StoreOpenError(reply.reason, reply.message, cause);
};

const inUse = (folder: string, waitMs: number, holder: FolderHolder | null): StoreOpenError => {
  const who = holder === null ? 'another process' : nameOf(holder);
  const waited = waitMs > 0 ? ` It did not give it up within ${waitMs} ms.` : '';
  return new StoreOpenError(
    'in-use',
    `The store ${folder} is in use by ${who}; only one process may have it at a time.${waited} Stop that process, or give another folder.`,
  );
};

const nameOf = ({ pid, host, since }: FolderHolder): string => {
  const where = host === hostname() ? '' : ` on ${host}`;
  return `the process ${pid}${where}, since ${new Date(since).toISOString()}`;
};
