import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const COMPILED = join(import.meta.dirname, '../../dist/src/cli');

/** A running `holdfast`, as the built program. */
export interface HoldfastProcess {
  readonly child: ChildProcess;
  /** Everything printed so far, a line each. */
  readonly lines: readonly string[];
  /** Those of them that came on standard error. */
  readonly errors: readonly string[];
  /** Resolves with the first line that fits, an earlier one included. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves with the exit code once all output is read. */
  exit(): Promise<number | null>;
}

const start = (
  script: string,
  args: readonly string[],
  env: Record<string, string>,
): HoldfastProcess => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  const child = spawn(process.execPath, [join(COMPILED, script), ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (stream === child.stderr) errors.push(line);
      for (const look of waiting) look();
    });
  }
  const closed = once(child, 'close');
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((text) => pattern.test(text));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      closed.then(() => reject(new Error(`It ended without ${pattern}:\n${lines.join('\n')}`)));
    });
  return { child, lines, errors, line, exit: async () => (await closed)[0] };
};

/** Runs `holdfast` with these arguments. */
export const holdfast = (
  args: readonly string[],
  env: Record<string, string> = {},
): HoldfastProcess => start('main.js', args, env);

/** Runs a client in a process of its own; it opens a session and stays. */
export const clientProcess = (url: string, name: string): HoldfastProcess =>
  start('demo-client.js', [url, name], {});

/** The address in the line that says where a server listens. */
export const addressIn = (line: string): string => /http:\S+\/mcp/.exec(line)?.[0] ?? '';
