import { readFileSync, rmSync } from 'node:fs';
import { COMMANDS } from '../../src/cli/commands.ts';
import { HoldfastError } from '../../src/index.ts';

/** Runs a command in this process, as the program does: the exit code, and what was printed where. */
export const called = async (
  [name, ...args]: readonly string[],
  env: Record<string, string> = {},
) => {
  const errors: string[] = [];
  const printed: string[] = [];
  const output = {
    print: (line: string) => void printed.push(line),
    complain: (line: string) => void errors.push(line),
    colours: false,
  };
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`There is no command ${name}.`);
  try {
    const command = await entry.load();
    return { code: await command.run({ args, env, output }), errors, printed };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { code: 1, errors: [...errors, error.message], printed };
  }
};

/** What `holdfast export` writes, a line each. */
export const exportOf = async (data: string, out: string): Promise<string[]> => {
  const { code, errors } = await called(['export', '--data', data, '--out', out]);
  if (code !== 0) throw new Error(errors.join('\n'));
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
  rmSync(out);
  return lines;
};
