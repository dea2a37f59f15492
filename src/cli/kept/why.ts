import { isSessionId } from '../../identity/session-id.ts';
import { openReader } from '../../store/sqlite/reader.ts';
import { systemClock } from '../../time/system-clock.ts';
import { flagsHelp } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { DATA } from '../data-folder.ts';
import type { Output } from '../printer.ts';
import { folderCall } from './folder-call.ts';
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

const malformed = (id: string): string =>
  `${JSON.stringify(id.slice(0, 100))} is no id of a session: that is ses_ and 32 characters.`;

/** See `holdfast why --help`. */
export const whyCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

It reads the folder, beside a server or after one, and changes nothing. What was said in the session is counted
and not shown, nor are its data and its metadata.`,
  run: async (call): Promise<ExitCode> => {
    const rest = { what: 'the id of one session', least: 1, most: 1 };
    const read = folderCall({ flags: FLAGS, rest }, call, ({ rest: [id = ''] }) =>
      isSessionId(id) ? [] : [malformed(id)],
    );
    if (read === null) return 1;
    const { given, path } = read;
    return tell(given.rest[0] ?? '', path, given.has('json'), call.output);
  },
};
