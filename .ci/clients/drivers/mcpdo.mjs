// The Inspector's other command line: a connection that stays open between commands, held by a daemon of its own.
import { command } from './command.mjs';
import { textOf } from './text-of.mjs';

export const open = async (url, { script, era }) => {
  const exports = await command(script, ['private']);
  for (const [, name, value] of exports.matchAll(/^export (\w+)='([^']*)'$/gm)) {
    process.env[name] = value;
  }
  const run = (...args) => command(script, ['--format', 'json', ...args]);
  const stop = () => run('daemon', 'stop');
  try {
    await run('connect', url, '--transport', 'http', '--era', era);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return {
    call: async (name, input) => {
      const args = ['--tool-name', name, '--tool-args-json', JSON.stringify(input)];
      const said = JSON.parse(await run('--connection', url, 'tools/call', ...args));
      return textOf(said.result ?? said);
    },
    close: async () => {
      await run('disconnect', url);
      await stop();
    },
  };
};
