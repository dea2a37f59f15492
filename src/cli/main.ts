#!/usr/bin/env node
import { HoldfastError } from '../errors.ts';
import { COMMANDS, helpFor, helpForAll } from './commands.ts';
import { outputTo } from './output-to.ts';
import { nearest } from './setting-names.ts';
import { version } from './version.ts';

const output = outputTo(
  process.stdout,
  process.stderr,
  process.stdout.isTTY === true && !process.env['NO_COLOR'],
);

const asksForHelp = (word: string): boolean => word === '--help' || word === '-h';

const run = async ([name, ...args]: readonly string[]): Promise<number> => {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry !== undefined) {
    const command = await entry.load();
    if (!args.some(asksForHelp)) return command.run({ args, env: process.env, output });
    process.stdout.write(helpFor(entry, command));
    return 0;
  }
  if (name === undefined || asksForHelp(name)) {
    process.stdout.write(helpForAll());
    return 0;
  }
  if (name === '--version') {
    output.print(version());
    return 0;
  }
  const names = COMMANDS.map((one) => one.name);
  output.complain(
    `There is no command "${name}"; the nearest one is ${nearest(name, names)}. ` +
      `Allowed are ${[...names, '--help', '--version'].join(', ')}.`,
  );
  return 1;
};

// A reader that goes away (`holdfast serve | head`) is no reason to drop the sessions.
process.stdout.on('error', () => {});
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  output.complain(error instanceof HoldfastError ? error.message : String(error));
  process.exitCode = 1;
}
