import type { DrainReport } from '../runtime/runtime.ts';
import { adjustedInFlags } from './deadline-settings.ts';
import { formatDuration } from './duration.ts';
import { isLoopback } from './hosts.ts';
import type { Output } from './printer.ts';
import type { Serving } from './serving.ts';
import { startServing } from './serving.ts';
import type { Settings } from './settings.ts';

/** How a command ended: the exit code of the process. */
export type ExitCode = 0 | 1 | 130;

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
export const drainLine = ({ ended, aborted, left, tookMs }: DrainReport): string => {
  const counts = `${ended} session${ended === 1 ? '' : 's'} ended, ${aborted} operation${aborted === 1 ? '' : 's'} aborted`;
  const rest = left.length === 0 ? '' : `, left behind: ${left.join(' ')}`;
  return `drained: ${counts}${rest}, in ${Math.round(tookMs)} ms`;
};

/** Where it listens, first of all; then what is worth knowing about how. */
const greet = (serving: Serving, { host, json }: Settings, output: Output): void => {
  const { url, runtime } = serving;
  const { idleAfterMs, idleTimeoutMs, maxLifetimeMs, adjusted } = runtime.deadlines;
  if (json) {
    output.print(JSON.stringify({ type: 'serve.listening', url, deadlines: runtime.deadlines }));
    return;
  }
  output.print(
    `holdfast listens on ${url} (idle after ${formatDuration(idleAfterMs)}, ` +
      `silent for at most ${formatDuration(idleTimeoutMs)}, open for at most ${formatDuration(maxLifetimeMs)})`,
  );
  for (const sentence of adjustedInFlags(adjusted)) output.print(sentence);
  if (!isLoopback(host)) {
    output.print('Other machines can reach it, and it asks nobody who they are.');
  }
};

/** Resolves with Ctrl-C or SIGTERM. A second signal exits at once. */
const signalled = (): Promise<void> =>
  new Promise((resolve) => {
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(130);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });

const drain = async (serving: Serving, { json }: Settings, output: Output): Promise<ExitCode> => {
  const report = await serving.stop();
  output.print(json ? JSON.stringify({ type: 'serve.drained', ...report }) : drainLine(report));
  return report.left.length === 0 ? 0 : 1;
};

/** `holdfast serve`: runs until it is told to stop. Resolves with the exit code. */
export const serve = async (settings: Settings, output: Output): Promise<ExitCode> => {
  let serving: Serving;
  try {
    serving = await startServing(settings, output);
  } catch (error) {
    const problem = startupProblem(error, settings);
    if (problem === null) throw error;
    output.complain(problem);
    return 1;
  }
  // Before anybody is told that it runs: a signal that comes with the greeting drains as well.
  const over = signalled();
  greet(serving, settings, output);
  await over;
  return drain(serving, settings, output);
};
