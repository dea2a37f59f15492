import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  input: string | null = null,
): HoldfastProcess => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  const child = spawn(process.execPath, [join(COMPILED, script), ...args], {
    // Whatever is not told otherwise keeps nothing: no test leaves a folder in the checkout.
    env: { ...Object.fromEntries(inherited), HOLDFAST_DATA: ':memory:', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // It may end without having read.
  child.stdin.end(input ?? '');
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

/** Runs `holdfast` with these arguments; `input` is what it reads. */
export const holdfast = (
  args: readonly string[],
  env: Record<string, string> = {},
  input: string | null = null,
): HoldfastProcess => start('main.js', args, env, input);

/** Runs it to its end: the exit code, and what was printed where. */
export const ran = async (
  args: readonly string[],
  env: Record<string, string> = {},
  input: string | null = null,
) => {
  const run = holdfast(args, env, input);
  const code = await run.exit();
  const errors = [...run.errors];
  return { code, errors, printed: run.lines.filter((line) => !errors.includes(line)) };
};

/** A folder of its own, gone with the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Runs a client in a process of its own; it opens a session and stays. */
export const clientProcess = (url: string, name: string): HoldfastProcess =>
  start('demo-client.js', [url, name], {});

/** The address in the line that says where a server listens. */
export const addressIn = (line: string): string => /http:\S+\/mcp/.exec(line)?.[0] ?? '';
