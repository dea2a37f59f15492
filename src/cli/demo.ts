import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interval, take } from 'rxjs';
import type { EndReason } from '../../machines/index.ts';
import { MissingPackageError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { systemClock } from '../time/system-clock.ts';
import { readArguments } from './arguments.ts';
import type { Command, ExitCode } from './command.ts';
import type { Output } from './printer.ts';
import { drainLine } from './serve.ts';
import { type Serving, startServing } from './serving.ts';
import { readSettings, type Settings } from './settings.ts';
import { wait } from './wait.ts';

/** Short, so that a minute is enough to see each of them. */
const DEADLINES = [
  ...['--data', ':memory:', '--port', '0', '--max-sessions', '4', '--sweep-interval', '1s'],
  ...['--idle-after', '2s', '--idle-timeout', '8s'],
  ...['--heartbeat-interval', '1s', '--heartbeat-missed', '3'],
];

/** When the demo gives up waiting for what it wants to show, ms. */
const PATIENCE_MS = 45_000;

/** What must have been seen at the end. */
const EXPECTED: Readonly<Partial<Record<EndReason, number>>> = {
  'idle-timeout': 2,
  'heartbeat-lost': 1,
  client: 1,
};

const demoSettings = (): Settings => {
  const read = readSettings({}, DEADLINES);
  if ('settings' in read) return read.settings;
  throw new Error(`The demo's own settings are wrong: ${JSON.stringify(read.mistakes)}`);
};

const loadClient = async () => {
  try {
    return await import('@modelcontextprotocol/client');
  } catch (error) {
    throw new MissingPackageError('The demo', ['@modelcontextprotocol/client'], error);
  }
};

/** A client in a process of its own; resolves when it has opened its session. */
const startClient = async (url: string, name: string): Promise<ChildProcess> => {
  const script = fileURLToPath(
    new URL(`./demo-client${extname(import.meta.url)}`, import.meta.url),
  );
  const child = spawn(process.execPath, [script, url, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [what] = await Promise.race([
    once(child.stdout, 'data').then(() => ['ready']),
    once(child, 'exit'),
  ]);
  if (what !== 'ready') throw new Error(`${name} could not open its session (exit code ${what}).`);
  return child;
};

/** A session of the program itself, without any protocol: it beats for two seconds and then stops. */
const startEmbedded = async (runtime: Runtime): Promise<string> => {
  const session = await runtime.create({ client: { name: 'embedded', version: '1.0.0' } });
  interval(500, systemClock().scheduler)
    .pipe(take(4))
    .subscribe(() => session.beat());
  return session.id;
};

/** Resolves true once all that is expected has been seen, false when patience is at its end. */
const untilSeen = (runtime: Runtime): Promise<boolean> =>
  new Promise((resolve) => {
    const seen = (): boolean => {
      const { ended } = runtime.stats();
      return Object.entries(EXPECTED).every(
        ([reason, count]) => (ended[reason as EndReason] ?? 0) >= count,
      );
    };
    const finish = (all: boolean): void => {
      alarm.unsubscribe();
      unsubscribe();
      resolve(all);
    };
    const alarm = systemClock().scheduler.schedule(() => finish(false), PATIENCE_MS);
    const unsubscribe = runtime.subscribe(({ type }) => {
      if (type === 'session.ended' && seen()) finish(true);
    });
    if (seen()) finish(true);
  });

/** What a request that names this session is answered with. */
const statusOf = async (url: string, id: string): Promise<number> => {
  const headers = { accept: 'text/event-stream', 'mcp-session-id': id };
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
};

type ClientModule = Awaited<ReturnType<typeof loadClient>>;

const connect = async ({ Client, StreamableHTTPClientTransport }: ClientModule, url: string) => {
  const client = new Client({ name: 'polite', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  return { client, transport };
};

const tellRefusal = async (modules: ClientModule, url: string, output: Output): Promise<void> => {
  try {
    await connect(modules, url);
    output.print('# It was let in, which should not have happened.');
  } catch (error) {
    output.print(`# It was refused: ${error instanceof Error ? error.message : error}`);
  }
};

/** A client that works for longer than the idle timeout and then says goodbye. */
const workPolitely = async (
  { client, transport }: Awaited<ReturnType<typeof connect>>,
  output: Output,
): Promise<void> => {
  await client.callTool({ name: 'note_add', arguments: { text: 'Work keeps a session.' } });
  let told = 0;
  await client.callTool(
    { name: 'count_slowly', arguments: { to: 10, everyMs: 1_000 } },
    {
      onprogress: ({ progress, total }) => {
        told += 1;
        if (told % 5 === 0)
          output.print(`# The polite client hears of progress: ${progress} of ${total}.`);
      },
    },
  );
  output.print(
    '# The polite client has its answer, although it took longer than the idle timeout.',
  );
  await transport.terminateSession();
  await client.close();
};

const summary = ({ runtime }: Serving): string => {
  const { created, refused, ended } = runtime.stats();
  const reasons = Object.entries(ended).map(([reason, count]) => `${reason} ${count}`);
  return `# Created ${created}, refused ${refused}; ended: ${reasons.join(', ')}.`;
};

const show = async (
  serving: Serving,
  output: Output,
  children: ChildProcess[],
): Promise<boolean> => {
  const { runtime, url } = serving;
  const modules = await loadClient();
  output.print(
    `# A server on ${url}: idle after 2 s, ended after 8 s of silence, room for 4 sessions.`,
  );
  output.print(
    '# Four sessions: a polite client, two that will be killed, one of the program itself.',
  );
  const polite = await connect(modules, url);
  for (const name of ['doomed-1', 'doomed-2']) children.push(await startClient(url, name));
  output.print(`# The embedded session beats for two seconds: ${await startEmbedded(runtime)}`);
  output.print('# A fifth client comes.');
  await tellRefusal(modules, url, output);
  const work = workPolitely(polite, output);
  await wait(systemClock(), 1_000);
  output.print('# Two client processes are killed. Nobody says goodbye for them.');
  for (const child of children) child.kill('SIGKILL');
  const silenced: string[] = [];
  const unsubscribe = runtime.subscribe((event) => {
    if (event.type === 'session.ended' && event.reason === 'idle-timeout') silenced.push(event.id);
  });
  const [all] = await Promise.all([untilSeen(runtime), work]);
  unsubscribe();
  for (const id of silenced) output.print(`# ${id} now answers ${await statusOf(url, id)}.`);
  return all;
};

/**
 * `holdfast demo`: clients come, work, vanish and are refused, on short deadlines; it ends by itself within
 * a minute. Resolves with the exit code: 1 when something it wanted to show did not happen.
 */
const demo = async (output: Output): Promise<ExitCode> => {
  const serving = await startServing(demoSettings(), output);
  const children: ChildProcess[] = [];
  try {
    const all = await show(serving, output, children);
    output.print(summary(serving));
    const report = await serving.stop();
    output.print(`# ${drainLine(report, false)}`);
    if (!all) output.print('# Not everything was seen in time. Is this machine very busy?');
    return all && report.left.length === 0 ? 0 : 1;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await serving.stop();
  }
};

/** See `holdfast demo --help`. */
export const demoCommand: Command = {
  help: () => 'It takes no arguments, starts real clients, and keeps its sessions in memory only.',
  run: async ({ args, output }): Promise<ExitCode> => {
    const read = readArguments({ flags: {} }, args);
    if ('given' in read) return demo(output);
    for (const mistake of read.mistakes) output.complain(mistake);
    return 1;
  },
};
