import { statSync } from 'node:fs';

/**
 * Which file a path leads to: its device and its number there. `null` where it leads to none. It only looks: to open
 * `owner.db` and close it again would cost its owner the lock.
 */
type Identity = string | null;

const identityOf = (path: string): Identity => {
  // Whole: a number of a file may be larger than a double keeps.
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
};

/**
 * The files that some paths lead to now, to see later whether they are still the same: a process goes on writing into a
 * file that was removed, and nobody else ever reads it. A few microseconds a look.
 */
export class FileIdentity {
  readonly #files: readonly (readonly [path: string, identity: Identity])[];

  /** Throws what the file system says. */
  constructor(paths: readonly string[]) {
    this.#files = paths.map((path) => [path, identityOf(path)]);
  }

  /** Whether a path leads to nothing, or to another file. Where the system does not say, it is taken for the same. */
  isGone(): boolean {
    return this.#files.some(([path, identity]) => {
      try {
        const now = identityOf(path);
        return now === null || now !== identity;
      } catch {
        // Of a disk that fails, SQLite hears itself, and it may come back.
        return false;
      }
    });
  }
}
