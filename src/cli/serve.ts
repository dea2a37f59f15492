import type { DrainReport } from '../runtime/runtime.ts';
import type { Call, Command, ExitCode } from './command.ts';
import { adjustedInFlags } from './deadline-settings.ts';
import { formatDuration } from './duration.ts';
import { isLoopback } from './hosts.ts';
import { counted } from './in-words.ts';
import type { Kept } from './kept-sessions.ts';
import { besideLine } from './new-store.ts';
import type { Output } from './printer.ts';
import { type Serving, startServing } from './serving.ts';
import { readSettings, type Settings, settingsHelp } from './settings.ts';
import { Stopped } from './stopped.ts';

const startupProblem = (error: unknown, { host, port }: Settings): string | null => {
  switch ((error as { code?: unknown }).code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Choose another with HOLDFAST_PORT or --port; 0 picks a free one.`;
    case 'EACCES':
      return `Port ${port} on ${host} may not be used by this user. Choose one above 1023 with HOLDFAST_PORT or --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no interface ${host}. Choose another with HOLDFAST_HOST or --host.`;
    default:
      return null;
  }
};

/** What a drain did, in one line. */
export const drainLine = (
  { ended, hibernated, aborted, left, tookMs }: DrainReport,
  durable: boolean,
): string => {
  const counts = [
    ...(durable ? [`${counted(hibernated, 'session')} put away`, `${ended} ended`] : []),
    ...(durable ? [] : [`${counted(ended, 'session')} ended`]),
    `${counted(aborted, 'operation')} aborted`,
  ].join(', ');
  const rest = left.length === 0 ? '' : `, left behind: ${left.join(' ')}`;
  return `drained: ${counts}${rest}, in ${Math.round(tookMs)} ms`;
};

/** Where sessions are kept, and how many are there already. */
const keptLine = (kept: Kept | null, hibernateAfterMs: number): string => {
  if (kept === null) return 'sessions are kept in memory only, and end with this process';
  const away = Number.isFinite(hibernateAfterMs)
    ? `; quiet ones are put away after ${formatDuration(hibernateAfterMs)}`
    : '';
  return `sessions are kept in ${kept.folder}: ${kept.stored} stored${away}`;
};

const inJson = ({ folder, stored, madeBeside }: Kept) => ({ folder, stored, madeBeside });

/** Where it listens, first of all; then what is worth knowing about how. */
const greet = (serving: Serving, { host, json }: Settings, output: Output): void => {
  const { url, runtime, kept } = serving;
  const { deadlines } = runtime;
  if (json) {
    const data = kept === null ? null : inJson(kept);
    output.print(JSON.stringify({ type: 'serve.listening', url, data, deadlines }));
    return;
  }
  output.print(
    `holdfast listens on ${url} (idle after ${formatDuration(deadlines.idleAfterMs)}, ` +
      `silent for at most ${formatDuration(deadlines.idleTimeoutMs)}, ` +
      `open for at most ${formatDuration(deadlines.maxLifetimeMs)})`,
  );
  output.print(keptLine(kept, deadlines.hibernateAfterMs));
  if (kept !== null && kept.madeBeside > 0) {
    output.print(besideLine(kept.folder, kept.madeBeside));
  }
  for (const sentence of adjustedInFlags(deadlines.adjusted)) output.print(sentence);
  if (!isLoopback(host)) {
    output.print('Other machines can reach it, and it asks nobody who they are.');
  }
};

/** Aborted with Ctrl-C or SIGTERM. A second signal exits at once. */
const signalled = (): AbortSignal => {
  const over = new AbortController();
  const onSignal = (): void => {
    if (over.signal.aborted) process.exit(130);
    over.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return over.signal;
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const drain = async (serving: Serving, { json }: Settings, output: Output): Promise<ExitCode> => {
  const report = await serving.stop();
  output.print(
    json
      ? JSON.stringify({ type: 'serve.drained', ...report })
      : drainLine(report, serving.kept !== null),
  );
  return report.left.length === 0 ? 0 : 1;
};

/** `holdfast serve`: runs until it is told to stop. Resolves with the exit code. */
const serve = async (settings: Settings, output: Output): Promise<ExitCode> => {
  // Before it waits for anything: a signal that comes meanwhile ends that, one that comes with the greeting drains.
  const over = signalled();
  let serving: Serving;
  try {
    serving = await startServing(settings, output, {
      signal: over,
      greet: (started) => greet(started, settings, output),
    });
  } catch (error) {
    if (error instanceof Stopped) {
      output.complain(error.message);
      // What waits for the folder would hold the process for as long as it waits. It has nothing to lose.
      process.exit(0);
    }
    const problem = startupProblem(error, settings);
    if (problem === null) throw error;
    output.complain(problem);
    return 1;
  }
  await untilAborted(over);
  return drain(serving, settings, output);
};

/** See `holdfast serve --help`. */
export const serveCommand: Command = {
  help: () => `Flags, and the environment variables they override:
${settingsHelp()}

Clients of both eras are served: those of the revisions up to 2025-11-25 have a session, and their notes in it; those of
2026-07-28, which has none, open a notebook and name it in each call.
A duration is 500ms, 2s, 1.5m, 8h or 7d; off, where it is allowed, means never.
What keeps a session from --idle-timeout: its requests, for as long as they run, notifications, and an open stream
whose client answers the pings that are sent on it. A ping of the client is no activity.
One process has a folder at a time: a second one waits for it for half a minute, and takes over when the first
one drains. A session that was put away is woken by the next request that names it.`,
  run: async ({ args, env, output }: Call): Promise<ExitCode> => {
    const read = readSettings(env, args);
    if ('settings' in read) return serve(read.settings, output);
    for (const { name, message } of read.mistakes) output.complain(`${name} ${message}`);
    return 1;
  },
};
