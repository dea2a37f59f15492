import { open } from 'node:fs/promises';
import { StoreError } from '../../errors.ts';
import { type FolderWriter, type OwnedFolder, ownFolder } from '../../store/sqlite/owned-folder.ts';
import { flagsHelp } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { DATA } from '../data-folder.ts';
import { counted, countedEntries } from '../in-words.ts';
import { besideLine, filesBesideNewStore } from '../new-store.ts';
import type { Output } from '../printer.ts';
import { folderCall } from './folder-call.ts';
import { importLines } from './import-lines.ts';
import { BrokenLine, linesOf } from './lines-of.ts';
import { type Progress, progressOn } from './progress.ts';

const FLAGS = {
  data: DATA,
  skipExisting: {
    shape: null,
    about: 'Leaves sessions as they are that are there already, instead of refusing the file',
  },
  skipUnreadable: {
    shape: null,
    about: 'Leaves out sessions that a newer version wrote, instead of refusing the file',
  },
} as const;

/** What is not taken in, instead of refusing the file. */
interface Skips {
  readonly existing: boolean;
  readonly unreadable: boolean;
}

/** So many of those in the way are named. */
const NAMED = 3;

/** What was taken in, and what was there already. */
interface Taken {
  sessions: number;
  entries: number;
  /** Those that were not taken in: how many, and the first few. */
  skipped: number;
  readonly named: string[];
  /** Those that were left out because only another version can read them. */
  leftOut: number;
}

/** Something is in the way, and it was not said that this is to be left alone. */
class InTheWayError extends Error {
  readonly taken: Taken;

  constructor(taken: Taken) {
    super('sessions are there already');
    this.taken = taken;
  }
}

const takeIn = async (
  bytes: AsyncIterable<Uint8Array>,
  writer: FolderWriter,
  skips: Skips,
  progress: Progress,
): Promise<Taken> => {
  const taken: Taken = { sessions: 0, entries: 0, skipped: 0, named: [], leftOut: 0 };
  let skipping = false;
  for await (const brought of importLines(linesOf(bytes), skips.unreadable)) {
    if ('leftOut' in brought) {
      taken.leftOut += 1;
      continue;
    }
    if ('entry' in brought) {
      if (skipping) continue;
      writer.append(brought.entry);
      taken.entries += 1;
      continue;
    }
    const { record, number } = brought;
    const inTheWay = writer.inTheWay(record);
    if (inTheWay === 'twice') throw new BrokenLine(number, `has the session ${record.id} again.`);
    skipping = inTheWay !== null;
    if (inTheWay === null) {
      writer.put(record);
      taken.sessions += 1;
    } else {
      taken.skipped += 1;
      const named = `${record.id}${inTheWay === 'key' ? ' (its key belongs to another)' : ''}`;
      if (taken.named.length < NAMED) taken.named.push(named);
    }
    progress.tell(() => `${counted(taken.sessions, 'session')} read`);
  }
  // Only now: that a file is broken is told first.
  if (taken.skipped > 0 && !skips.existing) throw new InTheWayError(taken);
  return taken;
};

const list = ({ skipped, named }: Taken): string =>
  `${named.join(', ')}${skipped > named.length ? `, and ${skipped - named.length} more` : ''}`;

/** The file first: where it is not there, no folder is made. */
const importFrom = async (
  file: string,
  path: string,
  skips: Skips,
  output: Output,
): Promise<void> => {
  const handle = file === '-' ? null : await open(file);
  try {
    const beside = filesBesideNewStore(path);
    const folder = await ownFolder(path, true);
    try {
      const bytes = handle?.createReadStream({ autoClose: false }) ?? process.stdin;
      await run(folder, bytes, skips, output);
      if (beside > 0) output.print(besideLine(path, beside));
    } finally {
      folder.close();
    }
  } finally {
    await handle?.close();
  }
};

const run = async (
  folder: OwnedFolder,
  bytes: AsyncIterable<Uint8Array>,
  skips: Skips,
  output: Output,
): Promise<void> => {
  const progress = progressOn();
  let taken: Taken;
  try {
    taken = await folder.change((writer) => takeIn(bytes, writer, skips, progress));
  } catch (error) {
    // Nothing was taken in: nor is a store left that was not there before.
    folder.undo();
    throw error;
  } finally {
    progress.done();
  }
  const { sessions, entries, skipped, leftOut } = taken;
  output.print(`taken in: ${counted(sessions, 'session')}, ${countedEntries(entries)}`);
  if (skipped > 0) output.print(`left as they are: ${skipped} (${list(taken)})`);
  if (leftOut > 0) output.print(`left out: ${counted(leftOut, 'session')} that cannot be read`);
};

const problemOf = (error: unknown, file: string): string | null => {
  if (error instanceof BrokenLine) return `${file}, ${error.message} Nothing was taken in.`;
  if (error instanceof InTheWayError) {
    const { skipped } = error.taken;
    const are = skipped === 1 ? 'session is' : 'sessions are';
    return `${skipped} ${are} there already: ${list(error.taken)}. Nothing was taken in; with --skip-existing the others are.`;
  }
  // Whatever SQLite says; that the folder is in use is told as it is.
  if (error instanceof StoreError) return `${error.message} Nothing was taken in.`;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof syscall !== 'string' || typeof code !== 'string') return null;
  if (code === 'ENOENT') return `There is no file ${file}.`;
  return `${file} could not be read (${code}). Nothing was taken in.`;
};

/** See `holdfast import --help`. */
export const importCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

- reads standard input. The whole file is checked, and taken in at once or not at all. No server may have the
folder meanwhile. Deadlines that are over by then are honoured by the next server.`,
  run: async (call): Promise<ExitCode> => {
    const { output } = call;
    const rest = { what: 'one file, or - for standard input', least: 1, most: 1 };
    const read = folderCall({ flags: FLAGS, rest }, call);
    if (read === null) return 1;
    const { given, path } = read;
    const [file = '-'] = given.rest;
    try {
      const skips = {
        existing: given.has('skipExisting'),
        unreadable: given.has('skipUnreadable'),
      };
      await importFrom(file, path, skips, output);
      return 0;
    } catch (error) {
      const problem = problemOf(error, file === '-' ? 'standard input' : file);
      if (problem === null) throw error;
      output.complain(problem);
      return 1;
    }
  },
};
