import { open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openReader } from '../store/sqlite/reader.ts';
import { systemClock } from '../time/system-clock.ts';
import { flagsHelp, readArguments } from './arguments.ts';
import type { Command, ExitCode } from './command.ts';
import { DATA, dataFolder } from './data-folder.ts';
import { exportLines } from './export-lines.ts';
import { counted, countedEntries } from './in-words.ts';
import type { Output } from './printer.ts';
import { progressOn } from './progress.ts';

const FLAGS = {
  data: DATA,
  out: {
    shape: 'file',
    about: 'Where to write; a new file that only you may read (standard output)',
  },
} as const;

/** Writes all of it, and says what: `null` where nobody reads it any more. */
const write = async (folder: string, file: string | null, output: Output): Promise<ExitCode> => {
  const reader = await openReader(folder);
  const progress = progressOn();
  const totals = { sessions: 0, entries: 0 };
  const lines = exportLines(reader, systemClock().wall(), totals, () =>
    progress.tell(() => `${totals.sessions} of ${counted(reader.size, 'session')}`),
  );
  try {
    if (file === null) await pipeline(Readable.from(lines), process.stdout, { end: false });
    else await writeFile(file, lines);
  } finally {
    progress.done();
    reader.close();
  }
  // Standard output is the export's own, so nothing else is said there.
  if (file !== null) {
    const { sessions, entries } = totals;
    output.print(`${file}: ${counted(sessions, 'session')}, ${countedEntries(entries)}`);
  }
  return 0;
};

/** Into a file of its own, which is there whole, on the disk, or not at all. */
const writeFile = async (file: string, lines: Iterable<string>): Promise<void> => {
  const handle = await open(file, 'wx', 0o600);
  try {
    await pipeline(Readable.from(lines), handle.createWriteStream({ flush: true }));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
};

const problemOf = (error: unknown, file: string | null): string | null => {
  const { code } = error as { code?: unknown };
  if (code === 'EPIPE') return 'Nobody reads the export any more: it was cut.';
  if (file === null || typeof code !== 'string') return null;
  if (code === 'EEXIST') return `${file} is there already: choose another name, or remove it.`;
  return code.startsWith('E') && !code.startsWith('ERR_')
    ? `${file} could not be written (${code}), so it was removed.`
    : null;
};

/** See `holdfast export --help`. */
export const exportCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

It works beside a server and writes one moment of it: a header, each session with its journal after it, and
an end with the counts. The file holds everything, conversations included: keep it like the folder itself.`,
  run: async ({ args, env, output }): Promise<ExitCode> => {
    const read = readArguments({ flags: FLAGS }, args);
    if ('mistakes' in read) {
      for (const mistake of read.mistakes) output.complain(mistake);
      return 1;
    }
    const folder = dataFolder(read.given.text('data'), env);
    if ('mistake' in folder) {
      output.complain(folder.mistake);
      return 1;
    }
    const file = read.given.text('out');
    try {
      return await write(folder.path, file, output);
    } catch (error) {
      const problem = problemOf(error, file);
      if (problem === null) throw error;
      output.complain(problem);
      return 1;
    }
  },
};
