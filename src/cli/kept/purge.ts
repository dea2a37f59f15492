import { StoreError } from '../../errors.ts';
import { isSessionId } from '../../identity/session-id.ts';
import { LIMITS } from '../../limits.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { type FolderWriter, ownFolder } from '../../store/sqlite/owned-folder.ts';
import { databaseIn } from '../../store/sqlite/reader.ts';
import { type Arguments, flagsHelp } from '../arguments.ts';
import type { Command, ExitCode } from '../command.ts';
import { DATA } from '../data-folder.ts';
import { counted, oneLine, shown } from '../in-words.ts';
import type { Output } from '../printer.ts';
import { folderCall } from './folder-call.ts';

const FLAGS = {
  data: DATA,
  ended: { shape: null, about: 'All sessions that have ended' },
  living: { shape: null, about: 'Removes the named ones though they have not ended' },
} as const;

/** So many of those that were left are told. */
const TOLD = 3;

type Given = Arguments<keyof typeof FLAGS>;

/** What cannot be meant; none: what is to be removed is clear. */
const contradictions = (given: Given): readonly string[] => {
  const ids = given.rest;
  if (given.has('ended')) {
    return [
      ...(ids.length > 0 ? ['--ended is all that have ended: it takes no ids.'] : []),
      ...(given.has('living') ? ['--ended and --living contradict each other.'] : []),
    ];
  }
  if (ids.length === 0) return ['It needs the ids of sessions, or --ended.'];
  return ids
    .filter((id) => !isSessionId(id))
    .map((id) => `${shown(id)} is no id of a session: that is ses_ and 32 characters.`);
};

/** Why a named session is not removed; `null`: it can be. */
const refusalOf = (writer: FolderWriter, id: string, living: boolean): string | null => {
  const record = writer.record(id);
  if (record === null) return `There is no session ${id} here.`;
  const { unreadable } = readRecord(record);
  if (unreadable !== null) return `${id} is left as it is. ${unreadable}`;
  if (record.state === 'terminated' || living) return null;
  return `${id} has not ended (it is ${record.state}); --living removes it all the same.`;
};

/** Nothing is removed; why. */
class Refused extends Error {
  readonly refusals: readonly string[];

  constructor(refusals: readonly string[]) {
    super(refusals.join(' '));
    this.refusals = refusals;
  }
}

/** What became of it: how many were removed, and what was left because this version cannot read it. */
interface Purged {
  removed: number;
  left: number;
  /** The first few of those that were left, each a sentence. */
  readonly told: string[];
}

const removeNamed = (writer: FolderWriter, ids: readonly string[], living: boolean): Purged => {
  const each = [...new Set(ids)];
  const refusals = each.map((id) => refusalOf(writer, id, living)).filter((why) => why !== null);
  if (refusals.length > 0) throw new Refused(refusals);
  for (const id of each) writer.remove(id);
  return { removed: each.length, left: 0, told: [] };
};

const removeEnded = (writer: FolderWriter): Purged => {
  const purged: Purged = { removed: 0, left: 0, told: [] };
  let after = '';
  for (;;) {
    const records = writer.ended(after, LIMITS.readerPage);
    for (const record of records) {
      const { unreadable } = readRecord(record);
      if (unreadable === null) {
        writer.remove(record.id);
        purged.removed += 1;
      } else {
        purged.left += 1;
        if (purged.told.length < TOLD) purged.told.push(`${record.id}: ${oneLine(unreadable)}`);
      }
    }
    after = records.at(-1)?.id ?? after;
    if (records.length < LIMITS.readerPage) return purged;
  }
};

const removedLine = (removed: number, left: number): string => {
  if (removed > 0) {
    const them = removed === 1 ? 'it' : 'them';
    return `removed: ${counted(removed, 'session')}, with all that was said in ${them}`;
  }
  return left > 0 ? 'removed: nothing' : 'removed: nothing, as no session has ended';
};

const purge = async (path: string, given: Given, output: Output): Promise<ExitCode> => {
  databaseIn(path);
  const folder = await ownFolder(path);
  try {
    const { removed, left, told } = await folder.change((writer) =>
      given.has('ended')
        ? removeEnded(writer)
        : removeNamed(writer, given.rest, given.has('living')),
    );
    output.print(removedLine(removed, left));
    if (left > 0) {
      output.print(`left as they are: ${counted(left, 'session')} that cannot be read`);
      for (const line of told) output.print(`  ${line}`);
      if (left > told.length) output.print(`  and ${left - told.length} more`);
    }
    return 0;
  } catch (error) {
    if (error instanceof StoreError) {
      output.complain(`${error.message} Nothing was removed.`);
      return 1;
    }
    if (!(error instanceof Refused)) throw error;
    for (const refusal of error.refusals) output.complain(refusal);
    output.complain('Nothing was removed.');
    return 1;
  } finally {
    folder.close();
  }
};

/** See `holdfast purge --help`. */
export const purgeCommand: Command = {
  help: () => `Flags:
${flagsHelp(FLAGS)}

Removes the record and the journal, for good: all that were named, or none. No server may have the folder
meanwhile. A server removes ended sessions by itself, when --tombstone is over. What this version cannot read, because
a newer one wrote it or because it is damaged, is left as it is.`,
  run: async (call): Promise<ExitCode> => {
    const rest = { what: 'the ids of sessions', least: 0, most: Number.POSITIVE_INFINITY };
    const read = folderCall({ flags: FLAGS, rest }, call, contradictions);
    return read === null ? 1 : purge(read.path, read.given, call.output);
  },
};
