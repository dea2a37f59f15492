import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Broken } from './broken.ts';
import type { Said } from './protocol.ts';

/** How a process came to its end. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Longer than anything takes that is not stuck, ms. */
const STUCK_MS = 30_000;
/** Of what it complained of: so much is told. */
const TOLD = 2_000;

/** A process under load, as it is seen from outside: what it says, in order. */
export class Child {
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  readonly #said: Said[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #heard: ((said: Said) => void)[] = [];
  #rest = '';
  #errors = '';

  constructor(script: string, args: readonly string[]) {
    // In a group of its own: Ctrl-C is for whoever watches it. Where that one is gone, its next line ends it.
    const child = spawn(process.execPath, [script, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    // A character may lie in two pieces.
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-TOLD);
    });
    this.#exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
    this.#exit.then(() => this.#wake());
  }

  /** Hands on every line from the first one on, each once: at once, or as it comes. */
  listen(listener: (said: Said) => void): void {
    for (const said of this.#said) listener(said);
    this.#heard.push(listener);
  }

  /** Resolves with `true` when it has said that, `false` when it ended without. Throws `Broken` when neither comes. */
  async until(t: Said['t']): Promise<boolean> {
    const isSaid = (): boolean => this.#said.some((said) => said.t === t);
    if (isSaid()) return true;
    let stuck: NodeJS.Timeout | undefined;
    const said = await new Promise<boolean | null>((resolve) => {
      stuck = setTimeout(() => resolve(null), STUCK_MS);
      const look = (): void => {
        if (isSaid()) resolve(true);
      };
      this.#waiting.add(look);
      this.#exit.then(() => resolve(isSaid()));
    });
    clearTimeout(stuck);
    if (said === null) throw new Broken('process', `It did not say ${t} in ${STUCK_MS} ms.`);
    return said;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once it has ended and all it said was heard. Throws `Broken` when it does not end. */
  async exit(): Promise<Exit> {
    let stuck: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      stuck = setTimeout(() => resolve(null), STUCK_MS);
    });
    const exit = await Promise.race([this.#exit, late]);
    clearTimeout(stuck);
    if (exit === null) throw new Broken('process', `It did not end in ${STUCK_MS} ms.`);
    return exit;
  }

  /** What it complained of, where it was not killed. */
  get errors(): string {
    return this.#errors;
  }

  /** Its last lines. */
  last(count: number): readonly string[] {
    return this.#said.slice(-count).map((said) => JSON.stringify(said).slice(0, TOLD));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    // What is cut off in the middle of a line was not said.
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const said = JSON.parse(line) as Said;
      this.#said.push(said);
      for (const heard of this.#heard) heard(said);
    }
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }
}
