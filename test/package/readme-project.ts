import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { MANIFEST, OPTIONAL_PEERS, REQUIRED, ROOT } from './entries.ts';

/** A program that runs. */
export interface Running {
  /** What it has printed so far, a line each. */
  readonly lines: readonly string[];
  /** The next line it prints. */
  nextLine(): Promise<string>;
  /** Asks it to stop, as an operator does. */
  stop(): void;
  /** Resolves with the exit code and what it said on standard error, once all is read. */
  exit(): Promise<{ readonly code: number | null; readonly errors: string }>;
}

const COMPILER_OPTIONS = {
  strict: true,
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  skipLibCheck: true,
  allowJs: true,
  rootDir: '.',
  outDir: 'out',
};

/** A user's project in a folder of its own: the built package and its peers are linked, so nothing is downloaded. */
export class ReadmeProject {
  readonly #home = mkdtempSync(join(tmpdir(), 'holdfast-readme-'));

  constructor() {
    this.write('package.json', JSON.stringify({ type: 'module' }));
    const config = { compilerOptions: COMPILER_OPTIONS, include: ['*.ts', '*.js'] };
    this.write('tsconfig.json', JSON.stringify(config));
    this.#link(ROOT, MANIFEST.name);
    for (const name of [...REQUIRED, ...OPTIONAL_PEERS, '@types/node']) {
      this.#link(join(ROOT, 'node_modules', name), name);
    }
  }

  /** Writes a file of the project. */
  write(name: string, text: string): void {
    writeFileSync(join(this.#home, name), text);
  }

  /** Compiles all of it. Resolves with what the compiler says: nothing when it is content. */
  async compile(): Promise<string> {
    const compiler = this.#start(join(ROOT, 'node_modules/typescript/bin/tsc'), {});
    const { errors } = await compiler.exit();
    return [...compiler.lines, errors].join('\n').trim();
  }

  /** Runs a compiled program by its name; it is killed when the test is over. */
  run(name: string, env: Readonly<Record<string, string>> = {}): Running {
    return this.#start(join(this.#home, 'out', `${name}.js`), env, onTestFinished);
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  #link(target: string, name: string): void {
    const path = join(this.#home, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  #start(
    script: string,
    env: Readonly<Record<string, string>>,
    atEnd?: typeof onTestFinished,
  ): Running {
    const child = spawn(process.execPath, [script], {
      cwd: this.#home,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    atEnd?.(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    let errors = '';
    const printed = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    const closed = once(child, 'close');
    return {
      lines,
      nextLine: async () => {
        const [line] = await Promise.race([once(printed, 'line'), closed]);
        if (typeof line !== 'string') throw new Error(`It ended without a line:\n${errors}`);
        return line;
      },
      stop: () => void child.kill('SIGTERM'),
      exit: async () => ({ code: (await closed)[0], errors }),
    };
  }
}
