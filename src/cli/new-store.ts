import { readdirSync } from 'node:fs';
import { counted } from './in-words.ts';

/** What is a store's own before it has a database, and what a system puts into an empty folder. */
const NOBODYS = /^(owner\.db.*|owner\.json.*|lost\+found|\.DS_Store)$/;

/**
 * How many files and folders of others are where a store is to be made; 0 where there is one already. Ask before it is
 * opened. Never throws: what cannot be looked at is told by whoever opens it.
 */
export const filesBesideNewStore = (folder: string): number => {
  try {
    const names = readdirSync(folder);
    if (names.includes('sessions.db')) return 0;
    return names.filter((name) => !NOBODYS.test(name)).length;
  } catch {
    return 0;
  }
};

/** What whoever mistook the folder must know: sessions are among files that may be copied or published. */
export const besideLine = (folder: string, files: number): string =>
  `${folder} was not empty: a new store was made there beside ${counted(files, 'other file')}. ` +
  'If it was meant to have a folder of its own, stop, and give another --data.';
