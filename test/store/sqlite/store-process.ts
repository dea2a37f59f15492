import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { ROOT } from '../../package/entries.ts';

/** A process of its own, over the compiled package. */
export interface StoreProcess {
  readonly pid: number;
  /** The next line it prints. Rejects where it ends without one. */
  nextLine(): Promise<string>;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves when it has ended: its exit code, and what it said on standard error. */
  exit(): Promise<{ readonly code: number | null; readonly errors: string }>;
}

const PRELUDE = `
const { openSqliteStore } = await import(${JSON.stringify(pathToFileURL(join(ROOT, 'dist/src/store/sqlite/index.js')).href)});
const [folder] = process.argv.slice(1);
const columns = { principal: null, key: null, owner: null, state: 'active', due: null, schema: 1 };
const record = (id, more = {}) => ({ id, ...columns, session: {}, snapshot: null, ...more });
`;

/**
 * Runs a program that finds `openSqliteStore`, `folder` and `record` in its scope. It is killed when the test is over.
 *
 * @param flags of Node
 */
export const storeProcess = (
  program: string,
  folder: string,
  flags: readonly string[] = [],
): StoreProcess => {
  const child: ChildProcess = spawn(
    process.execPath,
    [...flags, '--input-type=module', '-e', PRELUDE + program, folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const closed = once(child, 'close');
  const waiting: string[] = [];
  let onLine: (() => void) | null = null;
  if (child.stdout === null) throw new Error('its output is not piped');
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.push(line);
    onLine?.();
  });
  return {
    pid: child.pid ?? 0,
    nextLine: async () => {
      if (waiting.length === 0) {
        const told = new Promise<void>((resolve) => {
          onLine = resolve;
        });
        await Promise.race([told, closed]);
      }
      const line = waiting.shift();
      if (line === undefined) throw new Error(`it ended without a line: ${errors}`);
      return line;
    },
    signal: (name) => void child.kill(name),
    exit: async () => ({ code: (await closed)[0], errors }),
  };
};
