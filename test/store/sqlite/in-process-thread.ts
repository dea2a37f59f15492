import type { Answer, Call, Thread } from '../../../src/store/sqlite/calls.ts';
import { SqliteStore } from '../../../src/store/sqlite/store.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { type OpenFolder, openFolder } from '../../../src/store/sqlite/thread/open-folder.ts';

/** What the worker does, in the thread of the test: an answer comes a few microtasks later. */
export class InProcessThread implements Thread {
  readonly groups: (readonly Call[])[] = [];
  readonly #folder: OpenFolder;
  #closed = false;

  constructor(folder: OpenFolder) {
    this.#folder = folder;
  }

  async send(group: readonly Call[]): Promise<readonly Answer[]> {
    this.groups.push(group);
    // As it crosses to the worker and back.
    return structuredClone(this.#folder.run(structuredClone(group)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#folder.close();
  }
}

/** A store over the database of a folder, without a worker. */
export const storeInProcess = async (folder: string): Promise<SqliteStore> => {
  const holder = { pid: process.pid, host: 'test', since: 0 };
  const opened = openFolder({ folder, maxBytes: null }, await loadDriver(), holder);
  if (opened === null) throw new Error(`${folder} is in use`);
  return new SqliteStore(new InProcessThread(opened), async () => {});
};
