import { resolve } from 'node:path';
import type { Flag } from './arguments.ts';
import type { Call } from './command.ts';
import { folder, IN_MEMORY } from './setting-kinds.ts';
import { DEFAULT_FOLDER } from './settings.ts';

/** The flag of every command that looks into a folder. */
export const DATA: Flag = {
  shape: 'folder',
  about: `Folder that keeps the sessions (HOLDFAST_DATA, or ${DEFAULT_FOLDER})`,
};

/**
 * The folder a command is about: the flag, else `HOLDFAST_DATA`, else the default. A sentence where it is none.
 */
export const dataFolder = (
  flag: string | null,
  env: Call['env'],
): { readonly path: string } | { readonly mistake: string } => {
  const name = flag === null ? 'HOLDFAST_DATA' : '--data';
  const text = flag ?? (env['HOLDFAST_DATA']?.trim() || DEFAULT_FOLDER);
  if (text === IN_MEMORY) {
    return { mistake: `${name} is ${IN_MEMORY}: nothing is kept there, so there is nothing here.` };
  }
  const read = folder.read(text);
  if (read === null) {
    return { mistake: `${name} is ${JSON.stringify(text)}, but must be the path of a folder.` };
  }
  return { path: resolve(read) };
};
