#!/usr/bin/env node
import { HoldfastError } from '../errors.ts';
import type { Output } from './printer.ts';
import { readSettings, type Settings, settingsHelp } from './settings.ts';
import { version } from './version.ts';

const HELP = (): string => `holdfast ${version()}: a session runtime for agents and MCP servers

  holdfast serve [flags]   serves MCP on http://127.0.0.1:4100/mcp until Ctrl-C
  holdfast demo            shows within a minute how sessions come and go
  holdfast --version       prints the version

Flags of serve, and the environment variables they override:
${settingsHelp()}

A duration is 500ms, 2s, 1.5m, 8h or 7d; off, where it is allowed, means never.
What keeps a session from --idle-timeout: its requests, for as long as they run, and notifications. A ping
proves that the client is alive, but is no activity, and neither is an open stream.
`;

const printError = (line: string): void => void process.stderr.write(`${line}\n`);

const output: Output = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: printError,
  colours: process.stdout.isTTY === true && !process.env['NO_COLOR'],
};

/** Reads the settings, or prints what is wrong with them. */
const settled = (args: readonly string[]): Settings | null => {
  const read = readSettings(process.env, args);
  if ('settings' in read) return read.settings;
  for (const { name, message } of read.mistakes) printError(`${name} ${message}`);
  return null;
};

const run = async ([command, ...args]: readonly string[]): Promise<number> => {
  if (
    command === undefined ||
    args.includes('--help') ||
    command === '--help' ||
    command === '-h'
  ) {
    process.stdout.write(HELP());
    return 0;
  }
  if (command === '--version') {
    output.print(version());
    return 0;
  }
  if (command === 'serve') {
    const settings = settled(args);
    if (settings === null) return 1;
    const { serve } = await import('./serve.ts');
    return serve(settings, output);
  }
  if (command === 'demo' && args.length === 0) {
    const { demo } = await import('./demo.ts');
    return demo(output);
  }
  printError(
    command === 'demo'
      ? `demo takes no arguments: ${args.join(' ')}`
      : `There is no command "${command}"; allowed are serve, demo, --help, --version.`,
  );
  return 1;
};

// A reader that goes away (`holdfast serve | head`) is no reason to drop the sessions.
process.stdout.on('error', () => {});
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  printError(error instanceof HoldfastError ? error.message : String(error));
  process.exitCode = 1;
}
