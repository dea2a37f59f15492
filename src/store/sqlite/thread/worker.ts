import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { MissingPackageError, StoreOpenError } from '../../../errors.ts';
import type { Ask, FolderOptions, OpenReply, Reply } from '../thread-messages.ts';
import type { Driver } from './driver.ts';
import { loadDriver } from './driver.ts';
import { holderOf } from './folder-owner.ts';
import { type OpenFolder, openFolder } from './open-folder.ts';

/*
 * The thread of the SQLite store: it has the folder and the database, so that the main loop never waits for a disk. It
 * does what it is told, one after another; what it throws itself ends it, and the store says so.
 */

if (parentPort === null)
  throw new Error('This is the thread of a store: openSqliteStore starts it.');
const port = parentPort;
const options = workerData as FolderOptions; // As WorkerThread starts it.

let driver: Driver | null = null;
let opened: OpenFolder | null = null;

const open = async (since: number): Promise<OpenReply> => {
  try {
    driver ??= await loadDriver();
    opened = openFolder(options, driver, { pid: process.pid, host: hostname(), since });
  } catch (error) {
    return refusal(error);
  }
  return opened === null ? { open: 'held', holder: holderOf(options.folder) } : { open: 'opened' };
};

const refusal = (error: unknown): OpenReply => {
  if (error instanceof MissingPackageError) return { open: 'no-driver', message: error.message };
  if (!(error instanceof StoreOpenError)) throw error;
  const { reason, message, cause } = error;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return {
    open: 'refused',
    reason,
    message,
    cause:
      inner instanceof Error
        ? { code: driver?.codeOf(inner) ?? null, message: inner.message }
        : null,
  };
};

const replyTo = async (ask: Ask): Promise<Reply> => {
  if (ask.ask === 'open') return open(ask.since);
  if (ask.ask === 'run') {
    if (opened === null) throw new Error('a call came before the folder was opened');
    return { answers: opened.run(ask.group) };
  }
  opened?.close();
  opened = null;
  return { closed: true };
};

let before: Promise<void> = Promise.resolve();
port.on('message', (ask: Ask) => {
  before = before.then(async () => {
    port.postMessage(await replyTo(ask));
    if (ask.ask === 'close') port.close();
  });
});
