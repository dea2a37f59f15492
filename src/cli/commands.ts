import type { Command, Entry } from './command.ts';
import { version } from './version.ts';

/** The commands, in the order of the help. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'serve',
    usage: '[flags]',
    about: 'serves MCP on http://127.0.0.1:4100/mcp until Ctrl-C',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  {
    name: 'why',
    usage: '<id>',
    about: 'tells the story of one session: what it waits for, or why it ended',
    load: async () => (await import('./kept/why.ts')).whyCommand,
  },
  {
    name: 'export',
    usage: '[--out file]',
    about: 'writes all sessions with their journals as JSON lines',
    load: async () => (await import('./kept/export.ts')).exportCommand,
  },
  {
    name: 'import',
    usage: '<file|->',
    about: 'takes in what export wrote: all of it, or nothing',
    load: async () => (await import('./kept/import.ts')).importCommand,
  },
  {
    name: 'purge',
    usage: '<id>... | --ended',
    about: 'removes ended sessions and their journals now',
    load: async () => (await import('./kept/purge.ts')).purgeCommand,
  },
  {
    name: 'demo',
    usage: '',
    about: 'shows within a minute how sessions come and go',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
];

const calledAs = ({ name, usage }: Entry): string => `holdfast ${name} ${usage}`.trimEnd();

/** The help of the program: its commands. */
export const helpForAll = (): string => {
  const rows = [
    ...COMMANDS.map((entry) => [calledAs(entry), entry.about] as const),
    ['holdfast <command> --help', 'tells the flags of a command'] as const,
    ['holdfast --version', 'prints the version'] as const,
  ];
  const wide = Math.max(...rows.map(([called]) => called.length));
  const lines = rows.map(([called, about]) => `  ${called.padEnd(wide)}  ${about}`);
  return [
    `holdfast ${version()}: a session runtime for agents and MCP servers`,
    '',
    ...lines,
    '',
    '',
  ].join('\n');
};

/** The help of one command. */
export const helpFor = (entry: Entry, command: Command): string =>
  `${calledAs(entry)}\n${entry.about[0]?.toUpperCase()}${entry.about.slice(1)}.\n\n${command.help()}\n`;
