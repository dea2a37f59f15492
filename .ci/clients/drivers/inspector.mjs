// The Inspector's command line: every call is a process, which opens, calls and leaves.
import { command } from './command.mjs';
import { textOf } from './text-of.mjs';

export const open = async (url, { script, era }) => {
  const run = (...args) =>
    command(script, [
      ...[
        '--cli',
        url,
        '--transport',
        'http',
        '--protocol-era',
        era,
        '--format',
        'json',
        '--quiet',
      ],
      ...args,
    ]);
  await run('--method', 'tools/list');
  return {
    call: async (name, input) => {
      const args = ['--method', 'tools/call', '--tool-name', name];
      const said = await run(...args, '--tool-args-json', JSON.stringify(input));
      return textOf(JSON.parse(said).result ?? JSON.parse(said));
    },
    close: async () => undefined,
  };
};
