import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlantedFault } from '../../src/planted.ts';
import { Chance } from '../simulation/chance.ts';
import { elapsed } from './application.ts';
import { Broken, type PromiseName } from './broken.ts';
import { Child } from './child.ts';
import { compiledFolder } from './compiled.ts';
import { Model } from './model.ts';
import type { Orders, Said } from './protocol.ts';

/** When a process is killed. `clean`, `rolling`: it drains to its end, the second while the next one waits for the folder. */
const PHASES = ['opening', 'checking', 'load', 'ack', 'draining', 'clean', 'rolling'] as const;
export type Phase = (typeof PHASES)[number];

const WEIGHTS: readonly (readonly [number, Phase])[] = [
  [10, 'opening'],
  [10, 'checking'],
  [38, 'load'],
  [20, 'ack'],
  [10, 'draining'],
  [6, 'clean'],
  [6, 'rolling'],
];

/** What one folder came to. */
export interface WorldOutcome {
  readonly seed: number;
  /** Processes that were started, the last one that comes to rest not counted. */
  readonly rounds: number;
  readonly acknowledged: number;
  /** Sessions and messages that were found again, each time one was. */
  readonly checked: number;
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  /** What the processes did: how often. */
  readonly did: Readonly<Record<string, number>>;
  readonly broken: { readonly promise: PromiseName; readonly detail: string } | null;
  /** The round in which it was found, and the last lines of the processes: empty where nothing was. */
  readonly brokenIn: number | null;
  readonly trace: readonly string[];
  /** Where the folder is that breaks a promise; removed otherwise. */
  readonly kept: string | null;
}

export interface WorldOptions {
  readonly seed: number;
  readonly rounds: number;
  /** The built package. */
  readonly product: string;
  readonly fault?: PlantedFault | null;
  readonly signal?: AbortSignal;
  readonly onRound?: (phase: Phase) => void;
}

/** Kills one process after another over one folder, and holds what each finds against what was acknowledged before. */
export const runWorld = async (options: WorldOptions): Promise<WorldOutcome> => {
  const world = new World(options);
  return world.run();
};

class World {
  readonly #options: WorldOptions;
  readonly #chance: Chance;
  readonly #model = new Model();
  readonly #home = mkdtempSync(join(tmpdir(), 'holdfast-crash-'));
  readonly #script = join(compiledFolder(), 'load-process.js');
  readonly #phases: Partial<Record<Phase, number>> = {};
  readonly #did: Record<string, number> = {};
  readonly #running = new Set<Child>();
  #round = 0;
  #rounds = 0;
  #trace: string[] = [];
  /** Nothing is started any more, whatever is still waited for. */
  #over = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#chance = new Chance(`world ${options.seed}`);
  }

  async run(): Promise<WorldOutcome> {
    const { seed, rounds, signal, onRound } = this.#options;
    let broken: Broken | null = null;
    try {
      let next: Child | null = null;
      while (this.#rounds < rounds && !signal?.aborted) {
        const phase = this.#chance.weighted(WEIGHTS);
        const child: Child = next ?? this.#start(phase === 'ack' ? this.#acks() : null);
        next = await this.#life(child, phase);
        this.#rounds += 1;
        this.#phases[phase] = (this.#phases[phase] ?? 0) + 1;
        onRound?.(phase);
      }
      if (!signal?.aborted) await this.#rest(next);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      broken = error;
      this.#trace = [...this.#running].flatMap((child) => [...child.last(60), child.errors]);
    } finally {
      this.#over = true;
      await this.#endAll();
    }
    if (broken === null) rmSync(this.#home, { recursive: true, force: true });
    const { acknowledged, checked } = this.#model;
    return {
      seed,
      rounds: this.#rounds,
      acknowledged,
      checked,
      phases: this.#phases,
      did: this.#did,
      broken: broken === null ? null : { promise: broken.promise, detail: broken.message },
      brokenIn: broken === null ? null : this.#round,
      trace: this.#trace,
      kept: broken === null ? null : this.#home,
    };
  }

  /** After how many acknowledgements a process kills itself. */
  #acks(): number {
    return 1 + this.#chance.below(120);
  }

  #start(dieAtAck: number | null, rest = false): Child {
    this.#round += 1;
    const orders: Orders = {
      product: this.#options.product,
      folder: join(this.#home, 'data'),
      seed: this.#options.seed,
      round: this.#round,
      oldIds: this.#model.oldIds(),
      dieAtAck,
      rest,
      fault: this.#options.fault ?? null,
    };
    const file = join(this.#home, `orders-${this.#round}.json`);
    writeFileSync(file, JSON.stringify(orders));
    const child = new Child(this.#script, [file]);
    this.#running.add(child);
    return child;
  }

  /** One process from its start to its end. Resolves with the next one where that is started already. */
  async #life(child: Child, phase: Phase): Promise<Child | null> {
    const heard = this.#hear(child);
    const next = await Promise.race([this.#kill(child, phase), heard.broken]);
    const { code, signal } = await Promise.race([child.exit(), heard.broken]);
    const isKilled = signal === 'SIGKILL' || signal === 'SIGTERM';
    if (!isKilled && code !== 0) throw new Broken('process', `It ended with ${code ?? signal}.`);
    this.#running.delete(child);
    this.#model.processGone();
    return next;
  }

  /** Ends it in that phase, wherever in it. Resolves when it is about to end. */
  async #kill(child: Child, phase: Phase): Promise<Child | null> {
    const { opening, checking, load, draining } = WAITS_MS;
    const after = async (said: Said['t'], [least, most]: readonly [number, number]) => {
      await child.until(said);
      await elapsed(this.#chance.between(least, most));
    };
    switch (phase) {
      case 'opening':
        await after('loaded', opening);
        break;
      case 'checking':
        await after('opened', checking);
        break;
      case 'ack':
        // It does so itself; one that has not so much to do is helped.
        await Promise.race([child.until('load').then(() => elapsed(ACK_MS)), child.exit()]);
        break;
      default:
        await after('load', load);
    }
    if (this.#over) return null;
    if (phase === 'draining' || phase === 'clean' || phase === 'rolling') {
      child.signal('SIGTERM');
      if (phase === 'clean') return null;
      if (phase === 'rolling') return this.#start(null);
      await elapsed(this.#chance.between(...draining));
    }
    child.signal('SIGKILL');
    return null;
  }

  /** All that was begun comes to its end in a last process. */
  async #rest(started: Child | null): Promise<void> {
    if (started !== null) await this.#life(started, 'clean');
    const child = this.#start(null, true);
    const heard = this.#hear(child);
    const { code } = await Promise.race([child.exit(), heard.broken]);
    if (code !== 0) throw new Broken('process', `It ended with ${code}: ${child.errors}`);
    if (!(await child.until('rested'))) throw new Broken('process', 'It did not come to rest.');
    this.#running.delete(child);
  }

  /** `broken` rejects as soon as it says something that cannot be. */
  #hear(child: Child): { readonly broken: Promise<never> } {
    let fail: (error: unknown) => void = () => undefined;
    const broken = new Promise<never>((_, reject) => {
      fail = reject;
    });
    broken.catch(() => undefined);
    child.listen((said) => {
      if (said.t === 'did') this.#did[said.what] = (this.#did[said.what] ?? 0) + 1;
      try {
        this.#model.hear(said);
      } catch (error) {
        fail(error);
      }
    });
    return { broken };
  }

  async #endAll(): Promise<void> {
    for (const child of this.#running) child.signal('SIGKILL');
    await Promise.all([...this.#running].map((child) => child.exit()));
  }
}

/** How long a process is waited for that kills itself, ms. */
const ACK_MS = 700;

/**
 * From when to when in a phase a process is killed, ms: after it begins to open its folder, has it, begins to ask, is told
 * to end.
 */
const WAITS_MS = {
  opening: [0, 60],
  checking: [0, 80],
  load: [10, 400],
  draining: [0, 60],
} as const;
