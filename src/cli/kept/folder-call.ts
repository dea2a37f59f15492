import { type Arguments, readArguments, type Shape } from '../arguments.ts';
import type { Call } from '../command.ts';
import { dataFolder } from '../data-folder.ts';

/** What a command about a folder was given. */
export interface FolderCall<Name extends string> {
  readonly given: Arguments<Name>;
  /** The folder it is about. */
  readonly path: string;
}

/**
 * Reads what a command about a folder was given; `null`: it cannot be meant, and why is told.
 *
 * @param contradictions what is wrong with arguments that are each allowed, a sentence each; default: nothing.
 */
export const folderCall = <Name extends string>(
  shape: Shape<Name | 'data'>,
  { args, env, output }: Call,
  contradictions: (given: Arguments<Name | 'data'>) => readonly string[] = () => [],
): FolderCall<Name | 'data'> | null => {
  const read = readArguments(shape, args);
  const mistakes = 'mistakes' in read ? read.mistakes : contradictions(read.given);
  for (const mistake of mistakes) output.complain(mistake);
  if ('mistakes' in read || mistakes.length > 0) return null;
  const folder = dataFolder(read.given.text('data'), env);
  if ('path' in folder) return { given: read.given, path: folder.path };
  output.complain(folder.mistake);
  return null;
};
