import { existsSync, fstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openReader } from '../../store/sqlite/reader.ts';
import { systemClock } from '../../time/system-clock.ts';
import { flagsHelp } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { DATA } from '../data-folder.ts';
import { counted, countedEntries } from '../in-words.ts';
import type { Output } from '../printer.ts';
import { exportLines, noTotals, type Totals } from './export-lines.ts';
import { folderCall } from './folder-call.ts';
import { writeNewFile } from './new-file.ts';
import { progressOn } from './progress.ts';
import { SpoolError, writeSpooled } from './spooled.ts';

const FLAGS = {
  data: DATA,
  out: {
    shape: 'file',
    about: 'Where to write; a new file that only you may read (standard output)',
  },
  // What the other commands have, and who is used to it need not know better.
  json: { shape: null, about: 'Changes nothing: it is JSON lines already' },
} as const;

/** Writes all of it, and says what. */
const write = async (folder: string, file: string | null, output: Output): Promise<ExitCode> => {
  const reader = await openReader(folder);
  const progress = progressOn();
  const totals = noTotals();
  const lines = exportLines(reader, systemClock().wall(), totals, () =>
    progress.tell(() => `${totals.sessions} of ${counted(reader.size, 'session')}`),
  );
  const made = (): void => {
    progress.done();
    reader.close();
  };
  try {
    if (file !== null) await writeNewFile(file, lines);
    else if (fstatSync(process.stdout.fd).isFile()) {
      await pipeline(Readable.from(lines), process.stdout, { end: false });
    } else await writeSpooled(lines, process.stdout, made);
  } finally {
    made();
  }
  // Standard output is the export's own, so nothing else is said there.
  if (file !== null) {
    const { sessions, entries } = totals;
    output.print(`${file}: ${counted(sessions, 'session')}, ${countedEntries(entries)}`);
  }
  return complaints(totals, output);
};

/** What whoever keeps the export must know of it. */
const complaints = ({ unreadable, damages }: Totals, output: Output): ExitCode => {
  if (unreadable > 0) {
    output.complain(
      `${counted(unreadable, 'session')} in it cannot be read by this version of Holdfast: ` +
        'import takes the file in with the version that wrote them, or with --skip-unreadable without them.',
    );
  }
  for (const damage of damages) output.complain(damage);
  return damages.length === 0 ? 0 : 1;
};

const problemOf = (error: unknown, file: string | null): string | null => {
  if (error instanceof SpoolError) return error.message;
  const { code } = error as { code?: unknown };
  if (code === 'EPIPE') return 'Nobody reads the export any more: it was cut.';
  if (file === null || typeof code !== 'string') return null;
  if (code === 'EEXIST') return `${file} is there already: choose another name, or remove it.`;
  const folder = dirname(file);
  if (code === 'ENOENT' && !existsSync(folder)) {
    return `There is no folder ${folder}: nothing was written.`;
  }
  if (code === 'ENOTDIR') return `${folder} is no folder: nothing was written.`;
  return code.startsWith('E') && !code.startsWith('ERR_')
    ? `${file} could not be written (${code}), and nothing of it is left.`
    : null;
};

/** See `holdfast export --help`. */
export const exportCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

It works beside a server and writes one moment of it: a header, each session with its journal after it, and
an end with the counts. The file holds everything, conversations included: keep it like the folder itself.
--out appears under its name when it is whole. What goes to anything but a file, such as a pipe, waits in a
private file in the folder for temporary ones (TMPDIR) before: so no slow reader is felt by the server.`,
  run: async (call): Promise<ExitCode> => {
    const { output } = call;
    const read = folderCall({ flags: FLAGS }, call);
    if (read === null) return 1;
    const file = read.given.text('out');
    try {
      return await write(read.path, file, output);
    } catch (error) {
      const problem = problemOf(error, file);
      if (problem === null) throw error;
      output.complain(problem);
      return 1;
    }
  },
};
