import { isSessionId } from '../../identity/session-id.ts';
import { openReader } from '../../store/sqlite/reader.ts';
import { systemClock } from '../../time/system-clock.ts';
import { flagsHelp, readArguments } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { DATA, dataFolder } from '../data-folder.ts';
import type { Output } from '../printer.ts';
import { storyOf } from './story.ts';
import { storyLines } from './story-lines.ts';

const FLAGS = {
  data: DATA,
  json: { shape: null, about: 'Prints it as one object of JSON' },
} as const;

const tell = async (id: string, path: string, json: boolean, output: Output): Promise<ExitCode> => {
  const reader = await openReader(path);
  try {
    const now = systemClock().wall();
    const record = reader.record(id);
    if (record === null) {
      output.complain(
        `There is no session ${id} in ${path}: it never was there, has another id by now, or its record was removed after its end.`,
      );
      return 1;
    }
    const signs = { aliveAt: reader.aliveAt, isHeld: reader.isHeld() };
    const story = storyOf(record, reader.entries(id), signs, now);
    const lines = json ? [JSON.stringify(story)] : storyLines(story, now);
    for (const line of lines) output.print(line);
    return 0;
  } finally {
    reader.close();
  }
};

/** See `holdfast why --help`. */
export const whyCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

It reads the folder, beside a server or after one, and changes nothing. What was said in the session is counted
and not shown, nor are its data and its metadata.`,
  run: async ({ args, env, output }): Promise<ExitCode> => {
    const rest = { what: 'the id of one session', least: 1, most: 1 };
    const read = readArguments({ flags: FLAGS, rest }, args);
    if ('mistakes' in read) {
      for (const mistake of read.mistakes) output.complain(mistake);
      return 1;
    }
    const [id = ''] = read.given.rest;
    const shown = JSON.stringify(id.slice(0, 100));
    if (!isSessionId(id)) {
      output.complain(`${shown} is no id of a session: that is ses_ and 32 characters.`);
      return 1;
    }
    const folder = dataFolder(read.given.text('data'), env);
    if ('path' in folder) return tell(id, folder.path, read.given.has('json'), output);
    output.complain(folder.mistake);
    return 1;
  },
};
