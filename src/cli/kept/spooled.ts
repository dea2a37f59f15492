import { unlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mintToken } from '../../identity/token.ts';
import { chunksIn, inChunks } from './chunks.ts';
import { privateFile } from './new-file.ts';

/** There is no room, or no right, for the file that is written in between. */
export class SpoolError extends Error {
  constructor(cause: unknown) {
    const { code } = cause as { code?: unknown };
    super(
      `The export is put into a file in ${tmpdir()} before it is handed on, and that failed (${code ?? cause}): ` +
        'name another folder in TMPDIR, or write it with --out.',
      { cause },
    );
    this.name = 'SpoolError';
  }
}

/**
 * Writes lines to somebody who may read them slowly, or never: all of them are made first, and wait in a private file for
 * temporary ones. It has no name, so that it goes with the process however that ends.
 *
 * @param made called when all lines are made, before the first is handed on
 * @throws SpoolError, or what the stream says
 */
export const writeSpooled = async (
  lines: Iterable<string>,
  out: Writable,
  made: () => void,
): Promise<void> => {
  const path = join(tmpdir(), `holdfast-export-${mintToken()}`);
  const handle = await privateFile(path).catch((error: unknown) => {
    throw new SpoolError(error);
  });
  try {
    try {
      unlinkSync(path);
    } catch {
      // A system that does not let go of the name of an open file: it is removed in the end.
    }
    await writeFile(handle, inChunks(lines)).catch((error: unknown) => {
      // What keeps a line from being made is told as it is.
      throw (error as { syscall?: unknown }).syscall === undefined ? error : new SpoolError(error);
    });
    made();
    await pipeline(Readable.from(chunksIn(handle)), out, { end: false });
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
};
