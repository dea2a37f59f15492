import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { compiledFolder } from './compiled.ts';
import { PRODUCT_VARIABLE } from './product.ts';
import type { Counts, Looked, Order, RemoteSaid, Setup } from './remote-protocol.ts';

/** The built package that is put to the test. */
export const PRODUCT =
  process.env[PRODUCT_VARIABLE] ?? join(import.meta.dirname, '..', '..', 'dist');

type Told = Extract<RemoteSaid, { t: 'told' }>;

/** A process over a folder that does what it is told. It is killed when its test is over. */
export class Remote {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #told: Told[] = [];
  readonly #answers = new Map<number, (said: RemoteSaid) => void>();
  readonly #looks = new Set<() => void>();
  #errors = '';
  #asked = 0;
  #open = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    onTestFinished(() => void child.kill('SIGKILL'));
    this.#closed = once(child, 'close').then(() => {
      for (const look of this.#looks) look();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    // What is written to one that was just killed goes nowhere.
    child.stdin?.on('error', () => undefined);
    if (child.stdout === null) throw new Error('Its output is not piped.');
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
  }

  /** Starts one over `<home>/data`. Resolves once it takes orders. */
  static async start(home: string, setup: Omit<Setup, 'product' | 'folder'> = {}): Promise<Remote> {
    const remote = Remote.begin(home, setup);
    await remote.opened();
    return remote;
  }

  /** The same; it may wait for its folder. */
  static begin(home: string, setup: Omit<Setup, 'product' | 'folder'> = {}): Remote {
    const file = join(home, 'setup.json');
    const whole: Setup = { product: PRODUCT, folder: join(home, 'data'), ...setup };
    writeFileSync(file, JSON.stringify(whole));
    const script = join(compiledFolder(), 'remote-process.js');
    return new Remote(spawn(process.execPath, [script, file], { stdio: ['pipe', 'pipe', 'pipe'] }));
  }

  /** Resolves once it takes orders. */
  async opened(): Promise<void> {
    await this.#until('being open', () => this.#open || null);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async tell(order: Order): Promise<unknown> {
    this.#asked += 1;
    const n = this.#asked;
    const answered = new Promise<RemoteSaid>((resolve) => {
      this.#answers.set(n, resolve);
    });
    this.#child.stdin?.write(`${JSON.stringify({ n, order })}\n`);
    const said = await answered;
    if (said.t === 'answer') return said.value;
    throw new Error(said.t === 'refused' ? said.error : said.t);
  }

  /** The same, of which no answer is waited for. */
  order(order: Order): void {
    this.tell(order).catch(() => undefined);
  }

  async create(order: Omit<Extract<Order, { do: 'create' }>, 'do'> = {}): Promise<string> {
    return String(await this.tell({ do: 'create', ...order }));
  }

  async look(id: string): Promise<Looked> {
    return (await this.tell({ do: 'look', id })) as Looked;
  }

  async list(): Promise<readonly Looked[]> {
    return (await this.tell({ do: 'list' })) as readonly Looked[];
  }

  async counts(): Promise<Counts> {
    return (await this.tell({ do: 'stats' })) as Counts;
  }

  /** What `validateAll` finds. */
  async problems(): Promise<unknown> {
    return this.tell({ do: 'problems' });
  }

  /** Everything of that kind that it told so far. */
  told(what: string): readonly Told[] {
    return this.#told.filter((told) => told.what === what);
  }

  /** Resolves with the first of that kind, an earlier one included; rejects when it ends without. */
  async hears(what: string, id?: string): Promise<Told> {
    return this.#until(what, () => {
      return this.told(what).find((told) => id === undefined || told.id === id) ?? null;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Killed, as by an operator who is in a hurry, or by the kernel. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #until<T>(what: string, look: () => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const again = (): void => {
        const found = look();
        const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
        if (found === null && !isOver) return;
        this.#looks.delete(again);
        if (found !== null) resolve(found);
        else reject(new Error(`It ended without ${what}: ${this.#errors}`));
      };
      this.#looks.add(again);
      again();
    });
  }

  #hear(line: string): void {
    const said = JSON.parse(line) as RemoteSaid;
    if (said.t === 'open') this.#open = true;
    if (said.t === 'told') this.#told.push(said);
    if (said.t === 'answer' || said.t === 'refused') this.#answers.get(said.n)?.(said);
    for (const look of this.#looks) look();
  }
}

/** Resolves when it is so: looked at every 20 ms, until the test's own time is over. */
export const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
};
