import { mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreOpenError } from '../../errors.ts';

/**
 * Makes a folder where it is not there, and those above it, for their user alone. Synchronous.
 *
 * @returns the folders it made, the outermost first; none where it was there.
 * @throws StoreOpenError (`not-writable`) where it cannot be made, or is a file
 */
export const makeFolder = (folder: string): readonly string[] => {
  const made: string[] = [];
  try {
    // One by one: Node's own `recursive` tries for ever where the system makes none, as below /proc.
    for (const path of missing(folder)) if (isMade(path)) made.push(path);
    return made;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const advice =
      error instanceof FileInTheWay
        ? 'Give the path of a folder.'
        : 'Give a folder that this user may make, read and write.';
    throw new StoreOpenError(
      'not-writable',
      `The folder ${folder} cannot be made: ${said}. ${advice}`,
      error,
    );
  }
};

class FileInTheWay extends Error {}

/** What is not there of a path, the outermost first. */
const missing = (folder: string): readonly string[] => {
  const paths: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = statusOf(path);
    if (found?.isDirectory()) return paths;
    if (found !== undefined) throw new FileInTheWay(`${path} is a file`);
    paths.unshift(path);
    // A drive that is not there has nothing above it.
    if (dirname(path) === path) return paths;
  }
};

/** What is at a path; `undefined`: nothing, and below a file there is nothing either. */
const statusOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
};

/** Makes one folder, unless somebody made it meanwhile. */
const isMade = (path: string): boolean => {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (statusOf(path)?.isDirectory()) return false;
    throw error;
  }
};
