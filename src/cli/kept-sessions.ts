import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Store } from '../store/contract.ts';
import type { FolderHolder } from '../store/sqlite/index.ts';
import { timeOf } from './in-words.ts';
import { filesBesideNewStore } from './new-store.ts';
import type { Output } from './printer.ts';
import { IN_MEMORY } from './setting-kinds.ts';
import type { Settings } from './settings.ts';
import { unlessStopped } from './stopped.ts';

/** How long a server waits for a folder that another process has, ms: longer than a drain takes. */
const PATIENCE_MS = 30_000;

/** Sessions that are kept in a folder. */
export interface Kept {
  readonly store: Store;
  /** The whole path. */
  readonly folder: string;
  /** How many have not ended. */
  readonly stored: number;
  /** How many files of others are beside a store that was made just now; 0: none, or it was there already. */
  readonly madeBeside: number;
  /** Another process had the folder: it may be closing its port just now. */
  readonly waited: boolean;
}

/**
 * Opens the folder of the settings; `null`: nothing is kept. While another process has it, one line says who, and that it
 * is waited for. Rejects with `StoreOpenError`, `MissingPackageError`, or `Stopped` where the signal comes first.
 */
export const keptSessions = async (
  { data, json }: Pick<Settings, 'data' | 'json'>,
  output: Output,
  signal: AbortSignal,
): Promise<Kept | null> => {
  if (data === IN_MEMORY) return null;
  const folder = resolve(data);
  const { openSqliteStore } = await import('../store/sqlite/open.ts');
  const madeBeside = filesBesideNewStore(folder);
  let waited = false;
  const opening = openSqliteStore({
    folder,
    waitMs: PATIENCE_MS,
    onWaiting: (holder) => {
      waited = true;
      const line = { type: 'serve.waiting', folder, holder, waitMs: PATIENCE_MS };
      output.print(json ? JSON.stringify(line) : waitingLine(folder, holder));
    },
  });
  // Whoever comes too late to be waited for gives the folder back.
  const late = (store: Store): void => void store.close().catch(() => undefined);
  const store = await unlessStopped(signal, opening, late);
  try {
    return { store, folder, stored: await store.count({}), madeBeside, waited };
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
};

const waitingLine = (folder: string, holder: FolderHolder | null): string => {
  const who = holder === null ? 'another process' : nameOf(holder);
  return `${folder} is held by ${who}: waiting for it, for at most ${PATIENCE_MS / 1_000} s`;
};

const nameOf = ({ pid, host, since }: FolderHolder): string =>
  `process ${pid}${host === hostname() ? '' : ` on ${host}`} (since ${timeOf(since)} UTC)`;
