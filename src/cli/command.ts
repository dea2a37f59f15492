import type { Output } from './printer.ts';

/** How a command ended: the exit code of the process. */
export type ExitCode = 0 | 1 | 130;

/** What a command is given. */
export interface Call {
  /** What stood behind its name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
}

/** One command of `holdfast`, in a file of its own that is loaded when it is called. */
export interface Command {
  /** What `--help` says of it, below how it is called: its arguments and flags. */
  help(): string;
  run(call: Call): Promise<ExitCode>;
}

/** A command as the table has it. */
export interface Entry {
  readonly name: string;
  /** What stands behind its name, in short. */
  readonly usage: string;
  /** What it does, in a few words. */
  readonly about: string;
  load(): Promise<Command>;
}
