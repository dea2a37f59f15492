import { lstatSync, rmSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mintToken } from '../../identity/token.ts';
import { onSignal, type Signalled } from '../on-signal.ts';
import { inChunks } from './chunks.ts';

/** A new file that only its user may read. Open for reading too. */
export const privateFile = (path: string): Promise<FileHandle> => open(path, 'wx+', 0o600);

/**
 * Writes a file that is there whole, on the disk, or not at all: it is written beside its name, and gets that at the end.
 * What has the name already is never replaced. A signal that ends the process takes what was written with it.
 *
 * @throws what the file system says: `EEXIST` where the name is taken
 */
export const writeNewFile = async (
  file: string,
  lines: Iterable<string>,
  process_: Signalled = process,
): Promise<void> => {
  assertFree(file);
  const beside = `${file}.${mintToken()}.part`;
  const handle = await privateFile(beside);
  const off = onSignal(() => rmSync(beside, { force: true }), process_);
  try {
    try {
      await writeFile(handle, inChunks(lines));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await named(beside, file);
    await syncFolder(dirname(file));
  } finally {
    await rm(beside, { force: true });
    off();
  }
};

/** Before all the work. Whoever takes the name meanwhile is not replaced either. */
const assertFree = (file: string): void => {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return;
  throw Object.assign(new Error(`${file} is there already`), { code: 'EEXIST' });
};

/** What a disk says that has no second names for a file, such as one of FAT. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Gives it its name, unless somebody has that. */
const named = async (beside: string, file: string): Promise<void> => {
  try {
    await link(beside, file);
  } catch (error) {
    if (!NO_LINKS.includes((error as { code?: unknown }).code)) throw error;
    // The name is taken first, so that what is replaced is ours.
    await (await privateFile(file)).close();
    await rename(beside, file);
  }
};

/** So that the name is on the disk as well. */
const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    // There are systems on which a folder cannot be opened: its name is as durable there as it gets.
  }
};
