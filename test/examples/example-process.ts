import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ROOT } from '../package/entries.ts';

/** Examples as their readers run them: compiled, against the built package, each in a process of its own. */
export class CompiledExamples {
  // Within the checkout: that is how they find the package by its name.
  readonly #out = join(ROOT, 'examples', 'dist', `tested-${process.pid}`);

  constructor() {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = ['-p', join(ROOT, 'examples'), '--outDir', this.#out];
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...args]);
    if (status !== 0) throw new Error(String(stdout));
  }

  /** Starts one. It is killed when the test is over. */
  start(script: string, env: Readonly<Record<string, string>> = {}): RunningExample {
    return new RunningExample(join(this.#out, script), env);
  }

  remove(): void {
    rmSync(this.#out, { recursive: true, force: true });
  }
}

/** An example that runs. */
export class RunningExample {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown[]>;
  errors = '';

  constructor(script: string, env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [script], {
      env: { ...process.env, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#closed = once(child, 'close');
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`It ended early: ${this.errors}`);
    return value;
  }

  /** Where it serves: its first line. */
  async url(): Promise<URL> {
    return new URL(/http:\S+/.exec(await this.line())?.[0] ?? '');
  }

  /** Resolves with its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown> {
    this.#child.kill(signal);
    const [code] = await this.#closed;
    return code;
  }
}

/** A folder of its own, gone with the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-example-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
